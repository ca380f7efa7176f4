//! Random worlds: users, microphones, recognisers and typists that act in any order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::ports::DeskEvent;

/// A world that answers the session's effects in its own time, and checks what it is asked.
#[derive(Default)]
struct World {
    /// Captures that run: id, and the next segment's index.
    captures: BTreeMap<UtteranceId, u32>,
    stopped: VecDeque<UtteranceId>,
    asked: Option<(UtteranceId, u32)>,
    recognised: BTreeSet<(UtteranceId, u32)>,
    typing: Option<UtteranceId>,
    typed: Vec<UtteranceId>,
    started: BTreeSet<UtteranceId>,
    decided: BTreeSet<UtteranceId>,
    cancelled: BTreeSet<UtteranceId>,
    key_down: bool,
}

impl World {
    fn take(&mut self, effect: Effect) {
        match effect {
            Effect::StartCapture { utterance } => {
                assert!(self.started.insert(utterance));
                self.captures.insert(utterance, 0);
            }
            Effect::StopCapture { utterance } if self.captures.contains_key(&utterance) => {
                self.stopped.push_back(utterance);
            }
            Effect::Recognise { utterance, index, draft, .. } => {
                assert!(self.asked.is_none(), "two recognitions at once");
                assert!(draft || self.recognised.insert((utterance, index)), "recognised twice");
                self.asked = Some((utterance, index));
            }
            Effect::Type { utterance, text } => {
                assert!(self.typing.is_none(), "two typists at once");
                assert!(!self.key_down, "typed while the hotkey is down");
                assert!(!self.typed.contains(&utterance), "typed twice");
                assert!(self.typed.last().is_none_or(|last| *last < utterance), "typed out of order");
                assert!(!self.cancelled.contains(&utterance), "typed after cancel");
                assert!(!text.trim().is_empty());
                self.typed.push(utterance);
                self.typing = Some(utterance);
            }
            Effect::DiscardRecording { utterance } | Effect::KeepRecording { utterance, .. } => {
                assert!(self.decided.insert(utterance), "decided twice about a recording");
            }
            _ => {}
        }
    }

    /// One thing that happens, chosen by `dice`; `None` when it does not apply.
    fn event(&mut self, dice: u8, session: &Session) -> Option<Event> {
        let newest = self.captures.keys().next_back().copied();
        match dice % 16 {
            0 | 1 => {
                self.key_down = !self.key_down;
                if !self.key_down && dice >= 192 {
                    if let (Some(Mode::Held(_)), Some(live)) = (session.live, session.utterances.back()) {
                        self.cancelled.insert(live.id);
                    }
                    return Some(Event::Key(KeyEdge::Cancelled));
                }
                Some(Event::Key(if self.key_down { KeyEdge::Down } else { KeyEdge::Up }))
            }
            2 => Some(Event::Toggle),
            3 => {
                for utterance in &session.utterances {
                    if utterance.phase != Phase::Typing && (session.live.is_none() || Some(utterance.id) == newest) {
                        self.cancelled.insert(utterance.id);
                    }
                }
                // While one is live, only that one is cancelled.
                if session.live.is_some()
                    && let Some(live) = session.utterances.back().map(|u| u.id)
                {
                    self.cancelled.retain(|id| *id == live || !session.utterances.iter().any(|u| u.id == *id));
                }
                Some(Event::Cancel)
            }
            4 | 5 => Some(Event::FirstSamples { utterance: newest? }),
            6..=8 => {
                let utterance = newest?;
                let index = self.captures.get_mut(&utterance)?;
                if dice % 16 == 6 {
                    // The same end as the segment's below, or another: a draft that is right, or in vain.
                    return Some(Event::Draft { utterance, index: *index, until: u64::from(dice / 128) });
                }
                if dice == 7 {
                    return Some(Event::DraftOver { utterance });
                }
                *index += 1;
                Some(Event::Segment { utterance, index: *index - 1, until: 0 })
            }
            9 | 10 => {
                let utterance = self.stopped.pop_front()?;
                self.captures.remove(&utterance);
                Some(Event::CaptureEnded { utterance, length: Duration::from_secs(3), error: None })
            }
            11 => {
                let utterance = newest?;
                self.captures.remove(&utterance);
                self.stopped.retain(|id| *id != utterance);
                let error = Some(Error::new(ErrorKind::MicrophoneLost, "gone"));
                Some(Event::CaptureEnded { utterance, length: Duration::from_secs(3), error })
            }
            12 | 13 => {
                let (utterance, index) = self.asked.take()?;
                let result = match dice / 16 {
                    0 => Err(Error::new(ErrorKind::Internal, "broken")),
                    1 => Ok(String::new()),
                    n => Ok(format!("Word {n}.")),
                };
                Some(Event::Recognised { utterance, index, result })
            }
            14 => {
                let utterance = self.typing.take()?;
                let end = if dice / 16 == 0 {
                    TypingEnd::Stopped { rest: "rest".into(), error: Error::new(ErrorKind::FocusMoved, "moved") }
                } else {
                    TypingEnd::Complete
                };
                Some(Event::Typed { utterance, end })
            }
            _ => match dice / 16 {
                0 => {
                    self.key_down = false;
                    Some(Event::Desk(DeskEvent::Locked))
                }
                _ => Some(Event::Tick),
            },
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn any_world_ends_at_rest_with_every_recording_decided(dice in prop::collection::vec(any::<u8>(), 0..120)) {
        let mut session = Session::new(Rules::default());
        let mut world = World::default();
        let mut now = Duration::ZERO;
        for roll in dice {
            now += Duration::from_millis(u64::from(roll));
            if let Some(event) = world.event(roll, &session) {
                for effect in session.step(event, now) {
                    world.take(effect);
                }
            }
        }
        // The user lets go and says no more; the world finishes its work.
        let mut last_words = Vec::new();
        if world.key_down {
            world.key_down = false;
            last_words.push(Event::Key(KeyEdge::Up));
        }
        for event in last_words {
            for effect in session.step(event, now) {
                world.take(effect);
            }
        }
        if session.live.is_some() {
            for effect in session.step(Event::Toggle, now) {
                world.take(effect);
            }
        }
        for _ in 0..1000 {
            let Some(event) = [9, 12 + 32, 14 + 32].into_iter().find_map(|roll| world.event(roll, &session)) else { break };
            for effect in session.step(event, now) {
                world.take(effect);
            }
        }
        prop_assert!(session.is_idle(), "{session:?}");
        prop_assert!(session.recogniser.is_none());
        prop_assert!(matches!(session.face(), Face::Idle | Face::Trouble));
        prop_assert_eq!(&world.started, &world.decided);
        prop_assert!(world.captures.is_empty());
    }

    #[test]
    fn a_session_whose_world_never_answers_still_comes_to_an_end(presses in 1usize..6) {
        let mut session = Session::new(Rules::default());
        let mut now = Duration::ZERO;
        for _ in 0..presses {
            session.step(Event::Toggle, now);
            now += Duration::from_secs(1);
            session.step(Event::Toggle, now);
        }
        while let Some(deadline) = session.deadline() {
            now = now.max(deadline);
            session.step(Event::Tick, now);
        }
        prop_assert!(session.is_idle());
    }
}

//! Random worlds: users, microphones, recognisers and typists that act in any order.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use proptest::prelude::*;

use super::recognising::Purpose;
use super::*;
use crate::ports::DeskEvent;
use crate::text::{self, Ending};

/// A microphone that is open.
#[derive(Default)]
struct Capture {
    /// Whether samples arrive.
    open: bool,
    /// The next segment's index.
    next: u32,
    /// Whether the voice of that segment has begun.
    begun: bool,
    /// Where the draft of that segment ended.
    drafted: u64,
}

/// A world that answers the session's effects in its own time, and checks what it is asked.
#[derive(Default)]
struct World {
    captures: BTreeMap<UtteranceId, Capture>,
    stopped: VecDeque<UtteranceId>,
    /// Captures that took too long to end: what they still tell is not heard.
    given_up: BTreeSet<UtteranceId>,
    /// Where each closed segment's voice ended.
    segments: BTreeMap<(UtteranceId, u32), u64>,
    /// What the recogniser works on, and where its voice ends.
    asked: Option<(UtteranceId, u32, u64)>,
    /// Segments for which the recogniser gave no words or failed.
    silent: BTreeSet<(UtteranceId, u32)>,
    failed: BTreeSet<(UtteranceId, u32)>,
    marked: BTreeSet<(UtteranceId, Option<u32>)>,
    typing: Option<(UtteranceId, String)>,
    /// What was typed, and when in the order of typing it began.
    typed: BTreeMap<UtteranceId, String>,
    last_typed: Option<UtteranceId>,
    started: BTreeSet<UtteranceId>,
    /// Texts from before.
    again: BTreeSet<UtteranceId>,
    /// What was held of an utterance at last.
    held: BTreeMap<UtteranceId, String>,
    discarded: BTreeSet<UtteranceId>,
    kept: BTreeSet<UtteranceId>,
    /// Whether the text of these has arrived after an undo.
    revised: BTreeMap<UtteranceId, bool>,
    forgotten: BTreeSet<UtteranceId>,
    /// No text of these may be typed any more.
    barred: BTreeSet<UtteranceId>,
    /// A press that belonged to another chord.
    void: BTreeSet<UtteranceId>,
    undoing: bool,
    asking: bool,
    key_down: bool,
}

/// What is said in a segment whose voice ends there.
fn words(utterance: UtteranceId, index: u32, until: u64) -> String {
    format!("Word{}x{index}x{until}", utterance.0)
}

impl World {
    fn take(&mut self, effect: Effect) {
        match effect {
            Effect::StartCapture { utterance } => {
                assert!(self.started.insert(utterance));
                self.captures.insert(utterance, Capture::default());
            }
            Effect::StopCapture { utterance } if self.captures.contains_key(&utterance) => {
                self.stopped.push_back(utterance);
            }
            Effect::MarkTarget { utterance, phrase } => {
                self.marked.insert((utterance, phrase));
                if self.undoing {
                    self.held.remove(&utterance);
                    assert!(self.barred.remove(&utterance), "undone without a cancel");
                }
            }
            Effect::Recognise { utterance, index, draft, .. } => {
                assert!(self.asked.is_none(), "two recognitions at once");
                assert!(!self.forgotten.contains(&utterance), "its samples are gone");
                let until = if draft { self.captures[&utterance].drafted } else { self.segments[&(utterance, index)] };
                self.asked = Some((utterance, index, until));
            }
            Effect::Type { utterance, phrase, text } => {
                assert!(self.typing.is_none(), "two typists at once");
                assert!(!self.key_down, "typed while the hotkey is down");
                assert!(self.last_typed.is_none_or(|last| last <= utterance), "typed out of order");
                assert!(!self.barred.contains(&utterance), "typed after cancel");
                assert!(self.marked.contains(&(utterance, phrase)), "typed where nobody looked");
                assert!(!text.is_empty());
                if let Some(index) = phrase {
                    let said = self.segments.get(&(utterance, index)).map(|&until| words(utterance, index, until));
                    let text = text.trim();
                    assert!(text.is_empty() || said.as_deref() == Some(text), "a phrase in another's place: {text}");
                }
                self.last_typed = Some(utterance);
                self.typing = Some((utterance, text));
            }
            Effect::Hold { utterance, text } => {
                let typed = self.typed.get(&utterance).map_or("", String::as_str);
                self.check_beginning(utterance, &format!("{typed}{text}"));
                self.held.insert(utterance, text);
            }
            Effect::DiscardRecording { utterance } => assert!(self.discarded.insert(utterance)),
            Effect::KeepRecording { utterance, .. } => assert!(self.kept.insert(utterance)),
            Effect::ReviseRecording { utterance, reason } => {
                assert!(self.kept.contains(&utterance), "revised before it was decided");
                self.revised.insert(utterance, reason.is_none());
            }
            Effect::Forget { utterance } => assert!(self.forgotten.insert(utterance), "forgotten twice"),
            Effect::StillListening(asking) => {
                assert_ne!(self.asking, asking);
                self.asking = asking;
            }
            _ => {}
        }
    }

    /// The words of all that was heard, each segment's once and in order, up to one that could not be recognised.
    fn said(&self, utterance: UtteranceId) -> String {
        let all = (0..).map_while(|index| Some((index, *self.segments.get(&(utterance, index))?)));
        let sound = all.take_while(|(index, _)| !self.failed.contains(&(utterance, *index)));
        let spoken = sound.filter(|(index, _)| !self.silent.contains(&(utterance, *index)));
        let pieces: Vec<_> = spoken.map(|(index, until)| words(utterance, index, until)).collect();
        text::join(&pieces, None)
    }

    fn check_beginning(&self, utterance: UtteranceId, typed: &str) {
        let said = self.said(utterance);
        let fits =
            said.starts_with(typed) || typed.strip_prefix(said.as_str()).is_some_and(|end| end.trim().is_empty());
        assert!(fits, "{utterance}: {typed:?} is not the beginning of {said:?}");
    }

    /// One thing that happens, chosen by `dice`; `None` when it does not apply.
    fn event(&mut self, (kind, detail): (u8, u8), session: &mut Session, now: &mut Duration) -> Option<Event> {
        let newest = self.captures.keys().next_back().copied();
        match kind % 25 {
            0 | 1 => {
                self.key_down = !self.key_down;
                if !self.key_down && detail >= 200 {
                    if let (Some(Mode::Held(_)), Some(live)) = (session.live, session.utterances.back()) {
                        self.barred.insert(live.id);
                        self.void.insert(live.id);
                    }
                    return Some(Event::Key(KeyEdge::Cancelled));
                }
                Some(Event::Key(if self.key_down { KeyEdge::Down } else { KeyEdge::Up }))
            }
            2 | 3 => Some(Event::Toggle),
            4 => {
                let live = session.live.is_some();
                let last = session.utterances.back().map(|u| u.id);
                let hit = session.utterances.iter().filter(|u| !live || Some(u.id) == last).map(|u| u.id);
                self.barred.extend(hit);
                Some(Event::Cancel)
            }
            5 => {
                self.undoing = true;
                Some(Event::Undo)
            }
            6 | 7 => {
                let utterance = newest?;
                self.captures.get_mut(&utterance)?.open = true;
                Some(Event::FirstSamples { utterance })
            }
            8..=12 => {
                let utterance = newest?;
                let capture = self.captures.get_mut(&utterance).filter(|capture| capture.open)?;
                let index = capture.next;
                if !std::mem::replace(&mut capture.begun, true) {
                    return Some(Event::Phrase { utterance, index });
                }
                let until = u64::from(index) * 10 + u64::from(detail % 2);
                match detail % 16 {
                    0..4 => {
                        capture.drafted = until;
                        Some(Event::Draft { utterance, index, until })
                    }
                    4 => Some(Event::DraftOver { utterance }),
                    _ => self.close_segment(utterance, until),
                }
            }
            13 | 14 => {
                let utterance = *self.stopped.front()?;
                self.end_capture(utterance, None)
            }
            15 if detail < 64 => self.end_capture(newest?, Some(Error::new(ErrorKind::MicrophoneLost, "gone"))),
            15..=18 => {
                let (utterance, index, until) = self.asked.take()?;
                let run = session.recogniser?;
                let result = match detail % 16 {
                    // Aborted or not, it may have answered just before.
                    0..8 if run.aborted => Err(Error::new(ErrorKind::Aborted, "aborted")),
                    14 if run.purpose == Purpose::Segment && self.segments.contains_key(&(utterance, index)) => {
                        if !run.aborted && !self.barred.contains(&utterance) {
                            self.failed.insert((utterance, index));
                        }
                        Err(Error::new(ErrorKind::Internal, "broken"))
                    }
                    15 if run.purpose == Purpose::Segment => {
                        self.silent.insert((utterance, index));
                        Ok(" ".into())
                    }
                    _ => Ok(words(utterance, index, until)),
                };
                Some(Event::Recognised { utterance, index, result })
            }
            19 | 20 => {
                let (utterance, mut text) = self.typing.take()?;
                let stopped = self.barred.contains(&utterance);
                let end = if detail < 40 || (stopped && detail < 200) {
                    let rest = text.split_off(usize::from(detail) % (text.len() + 1));
                    let kind = if stopped { ErrorKind::Aborted } else { ErrorKind::FocusMoved };
                    TypingEnd::Stopped { rest, error: Error::new(kind, "stopped") }
                } else {
                    TypingEnd::Complete
                };
                self.typed.entry(utterance).or_default().push_str(&text);
                Some(Event::Typed { utterance, end })
            }
            21 => Some(Event::Voice(detail % 2 == 0)),
            22 if detail < 20 => {
                self.key_down = false;
                self.barred.extend(session.utterances.iter().map(|u| u.id));
                let event = match detail {
                    0 => DeskEvent::LoggingOut,
                    1..5 => DeskEvent::LogoutAsked,
                    _ => DeskEvent::Locked,
                };
                Some(Event::Desk(event))
            }
            22 if detail < 80 => {
                *now = (*now).max(session.deadline()?);
                Some(Event::Tick)
            }
            22 => Some(Event::Tick),
            23 => {
                let utterance = UtteranceId(session.next_id);
                if session.can_type_again() {
                    self.again.insert(utterance);
                    self.segments.insert((utterance, 0), 0);
                }
                Some(Event::TypeAgain(words(utterance, 0, 0)))
            }
            _ => {
                let ending = [Ending::Space, Ending::None, Ending::Newline][usize::from(detail % 3)];
                session.set_rules(Rules { by_phrase: detail < 128, ending, ..Rules::default() });
                None
            }
        }
    }

    fn close_segment(&mut self, utterance: UtteranceId, until: u64) -> Option<Event> {
        let capture = self.captures.get_mut(&utterance)?;
        let index = capture.next;
        *capture = Capture { next: index + 1, open: true, ..Capture::default() };
        if !self.given_up.contains(&utterance) {
            self.segments.insert((utterance, index), until);
        }
        Some(Event::Segment { utterance, index, until })
    }

    /// The segment that is open is closed first.
    fn end_capture(&mut self, utterance: UtteranceId, error: Option<Error>) -> Option<Event> {
        let capture = self.captures.get(&utterance)?;
        if capture.begun {
            return self.close_segment(utterance, capture.drafted);
        }
        self.captures.remove(&utterance);
        self.stopped.retain(|id| *id != utterance);
        Some(Event::CaptureEnded { utterance, length: Duration::from_secs(3), error })
    }

    fn step(&mut self, session: &mut Session, event: Event, now: Duration) {
        let tick = event == Event::Tick;
        for effect in session.step(event, now) {
            // Of a key that is stuck nobody tells.
            self.key_down &= !tick || session.key_down;
            if let Effect::StopCapture { utterance } = effect
                && session.find(utterance).is_none_or(|u| !u.capturing())
            {
                self.given_up.insert(utterance);
            }
            self.take(effect);
        }
        self.undoing = false;
        assert!(!self.asking || session.live.is_some(), "nothing is listened to any more");
    }

    /// The user lets go and says no more; the world finishes its work.
    fn come_to_rest(&mut self, session: &mut Session, now: &mut Duration) {
        if std::mem::take(&mut self.key_down) {
            self.step(session, Event::Key(KeyEdge::Up), *now);
        }
        if session.live.is_some() {
            self.step(session, Event::Toggle, *now);
        }
        for _ in 0..1000 {
            let answers = [(13, 0), (16, 9), (19, 255)];
            let Some(event) = answers.into_iter().find_map(|dice| self.event(dice, session, now)) else { break };
            self.step(session, event, *now);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]

    #[test]
    fn any_world_ends_at_rest_with_every_word_once_and_every_recording_decided(
        by_phrase: bool,
        dice in prop::collection::vec(any::<(u8, u8)>(), 0..160),
    ) {
        let mut session = Session::new(Rules { by_phrase, ..Rules::default() });
        let mut world = World::default();
        let mut now = Duration::ZERO;
        for roll in dice {
            now += Duration::from_millis(u64::from(roll.1));
            if let Some(event) = world.event(roll, &mut session, &mut now) {
                world.step(&mut session, event, now);
            }
        }
        world.come_to_rest(&mut session, &mut now);
        prop_assert!(session.is_idle(), "{session:?}");
        prop_assert!(session.recogniser.is_none());
        prop_assert!(matches!(session.face(), Face::Idle | Face::Trouble));
        prop_assert!(world.captures.is_empty());
        prop_assert!(world.kept.is_disjoint(&world.discarded), "decided twice about a recording");
        prop_assert_eq!(&world.started, &(&world.kept | &world.discarded));
        for (&utterance, typed) in &world.typed {
            world.check_beginning(utterance, typed);
        }
        let arrived_late = world.revised.iter().filter(|(_, arrived)| **arrived).map(|(utterance, _)| utterance);
        for &utterance in world.discarded.difference(&world.void).chain(arrived_late) {
            let typed = world.typed.get(&utterance).map_or("", String::as_str);
            prop_assert_eq!(typed.trim_end(), world.said(utterance), "a recording is gone and its text did not arrive");
        }

        for &utterance in world.again.difference(&world.barred) {
            let [typed, held] = [&world.typed, &world.held].map(|texts| texts.get(&utterance).map_or("", String::as_str));
            let there = format!("{typed}{held}");
            prop_assert_eq!(there.trim_end(), world.said(utterance), "a text from before is lost");
        }

        // Everything can be used again.
        if !session.shutting_down {
            let before = world.typed.len();
            for roll in [(2, 0), (6, 0), (8, 15), (8, 13), (2, 0)] {
                if let Some(event) = world.event(roll, &mut session, &mut now) {
                    world.step(&mut session, event, now);
                }
            }
            world.come_to_rest(&mut session, &mut now);
            prop_assert_eq!(world.typed.len(), before + 1, "{:?}", session);
            prop_assert!(session.is_idle() && session.deadline().is_none());
            prop_assert_eq!(&(&world.started | &world.again), &world.forgotten);
        }
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

    /// A tap that was forgotten, with a microphone that works and a recogniser that does not answer.
    #[test]
    fn a_dictation_without_an_end_comes_to_one(voices in prop::collection::vec(any::<bool>(), 0..20)) {
        let mut session = Session::new(Rules::default());
        session.step(Event::Toggle, Duration::ZERO);
        session.step(Event::FirstSamples { utterance: UtteranceId(1) }, Duration::from_secs(1));
        let mut now = Duration::from_secs(1);
        for voiced in voices {
            now += Duration::from_secs(100);
            session.step(Event::Voice(voiced), now);
            session.step(Event::Tick, now);
        }
        session.step(Event::Voice(false), now);
        while let Some(deadline) = session.deadline() {
            now = now.max(deadline);
            session.step(Event::Tick, now);
        }
        prop_assert!(session.is_idle());
    }
}

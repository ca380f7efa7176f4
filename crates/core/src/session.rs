//! The session: what happens from key-down to the last typed character, as a pure state machine.
//!
//! [`Session::step`] takes one [`Event`] and the time since some fixed start, and returns what must be
//! done as [`Effect`]s. It never waits and never looks at a clock. Utterances overlap: while one is still being
//! recognised or typed, the key may start the next. They are typed in the order in which they were spoken: each as a
//! whole, or phrase by phrase while it goes on.

mod again;
mod delivery;
mod event;
mod hearing;
mod recognising;
mod rules;
mod runaway;
mod speaking;
mod undo;
mod utterance;
mod whereabouts;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tapes;

use std::collections::VecDeque;
use std::time::Duration;

pub use event::{Effect, Event, Face, KeepReason, TypingEnd, UtteranceId};
use recognising::Run;
pub use rules::Rules;
use runaway::Silence;
pub use runaway::{ASK_AFTER, END_AFTER, still_listening};
use speaking::Mode;
use utterance::{Phase, Utterance};

use crate::ports::{KeyEdge, Sound};
use crate::{Error, ErrorKind};

/// How long opening the microphone may take before the dictation is given up. A Bluetooth headset needs about
/// 0.4 s, a sound server that must be started a few seconds.
pub const CONNECT_BOUND: Duration = Duration::from_secs(15);

/// How long the capture may take to hand over its last samples after the key was let go.
pub const DRAIN_BOUND: Duration = Duration::from_secs(5);

/// A recording without any voice is thrown away if it is shorter than this: the key was brushed. A longer one is
/// kept, in case the voice was too quiet to be found: a “yes” takes a quarter of a second, and whoever says one holds the
/// key for a while before and after.
pub const BRUSHED: Duration = Duration::from_millis(700);

/// The state machine. See the module's text.
#[derive(Debug)]
pub struct Session {
    rules: Rules,
    next_id: u64,
    /// Whether the hotkey's main key is down; its grab would swallow what is typed.
    key_down: bool,
    /// The utterance that is being spoken, always the last of `utterances`.
    live: Option<Mode>,
    /// In the order of speech.
    utterances: VecDeque<Utterance>,
    /// What was cancelled last, in case the user wants it after all.
    aside: Option<Utterance>,
    /// Since when nobody speaks; `None` while a voice is heard or nothing is listened to.
    silence: Option<Silence>,
    /// What the recogniser works on. It stays busy until it answers, aborted or not.
    recogniser: Option<Run>,
    trouble: bool,
    face: Face,
    shutting_down: bool,
}

impl Session {
    /// A session at rest.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            next_id: 1,
            key_down: false,
            live: None,
            utterances: VecDeque::new(),
            aside: None,
            silence: None,
            recogniser: None,
            trouble: false,
            face: Face::Idle,
            shutting_down: false,
        }
    }

    /// Takes new settings. They hold for what is joined and typed from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// Whether something is being spoken.
    pub fn is_live(&self) -> bool {
        self.live.is_some()
    }

    /// What the icon shows.
    pub fn face(&self) -> Face {
        self.face
    }

    /// Whether nothing is being heard, recognised or typed. The recogniser may still be busy with a run that was
    /// aborted.
    pub fn is_idle(&self) -> bool {
        self.utterances.is_empty()
    }

    /// When [`Event::Tick`] must be sent at the latest, if at all.
    pub fn deadline(&self) -> Option<Duration> {
        self.utterances.iter().filter_map(|u| u.deadline).chain(self.silence_deadline()).min()
    }

    /// Takes one event, that happened `now` after the start, and says what to do.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Key(KeyEdge::Down) => self.key_pressed(now, &mut effects),
            Event::Key(KeyEdge::Up) => self.key_released(now, &mut effects),
            Event::Key(KeyEdge::Cancelled) => self.key_cancelled(now, &mut effects),
            Event::Toggle if self.live.is_some() => self.end_live(now, &mut effects),
            Event::Toggle => self.begin(Mode::Toggled, now, &mut effects),
            Event::Cancel => self.cancel(now, &mut effects),
            Event::Undo => self.undo(&mut effects),
            Event::TypeAgain(text) => self.type_again(text, &mut effects),
            Event::FirstSamples { utterance } => self.first_samples(utterance, now, &mut effects),
            Event::Voice(voiced) => self.voice(voiced, now, &mut effects),
            Event::Phrase { utterance, index } => self.phrase(utterance, index, &mut effects),
            Event::Draft { utterance, index, until } => self.draft(utterance, index, until, &mut effects),
            Event::DraftOver { utterance } => self.draft_over(utterance, &mut effects),
            Event::Segment { utterance, index, until } => self.segment(utterance, index, until, &mut effects),
            Event::CaptureEnded { utterance, length, error } => {
                self.capture_ended(utterance, length, error, &mut effects);
            }
            Event::Recognised { utterance, index, result } => self.recognised(utterance, index, result, &mut effects),
            Event::Typed { utterance, end } => self.typed(utterance, end, &mut effects),
            Event::Desk(desk) => self.desk(desk, now, &mut effects),
            Event::Tick => self.tick(now, &mut effects),
        }
        self.advance(&mut effects);
        self.show(&mut effects);
        effects
    }

    fn tick(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let late: Vec<UtteranceId> =
            self.utterances.iter().filter(|u| u.deadline.is_some_and(|d| d <= now)).map(|u| u.id).collect();
        for id in late {
            let error = Error::new(
                ErrorKind::MicrophoneBusy,
                "The microphone does not answer. Connect it again or choose another one in Tawk's menu.",
            );
            effects.push(Effect::StopCapture { utterance: id });
            self.capture_ended(id, BRUSHED, Some(error), effects);
        }
        self.mind_silence(now, effects);
    }

    fn report(&mut self, error: Error, effects: &mut Vec<Effect>) {
        if error.kind == ErrorKind::Aborted {
            return;
        }
        if !self.trouble {
            effects.push(Effect::Play(Sound::Trouble));
        }
        self.trouble = true;
        effects.push(Effect::Report(error));
    }

    fn show(&mut self, effects: &mut Vec<Effect>) {
        let face = match self.utterances.back() {
            Some(utterance) if self.live.is_some() => match utterance.phase {
                Phase::Connecting => Face::Connecting,
                _ => Face::Listening,
            },
            Some(_) => Face::Working,
            None if self.trouble => Face::Trouble,
            None => Face::Idle,
        };
        if face != self.face {
            self.face = face;
            effects.push(Effect::Show(face));
        }
    }

    fn find(&mut self, id: UtteranceId) -> Option<&mut Utterance> {
        self.utterances.iter_mut().find(|u| u.id == id)
    }
}

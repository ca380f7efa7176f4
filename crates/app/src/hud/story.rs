//! What the panel shows, made of what the thread is told. Pure: time comes from outside.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use tawk_core::session::UtteranceId;
use tawk_core::text;
use tawk_hud::{Levels, Phase, State, Work};

use crate::status::{self, Status, Trouble};

/// How long a dictation that was cancelled is shown, while it can be undone.
const CANCELLED: Duration = Duration::from_secs(4);
/// How long a message is shown. The menu keeps it.
const MESSAGE: Duration = Duration::from_secs(9);

/// Every so many frames the levels move on by one; in between the newest grows.
const FRAMES_PER_LEVEL: u32 = 2;

const UNDO: &str = "Click here, or choose Undo Cancel in Tawk's menu, to bring it back.";
const KEPT: &str = "The text is kept.";

/// What moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Motion {
    /// Nothing.
    None,
    /// The level.
    Level,
    /// A wheel that turns.
    Wheel,
}

/// What is known of the dictation that began last.
#[derive(Debug, Default)]
pub(super) struct Story {
    /// Whether there is something to show: from the beginning of a dictation until it or its last message is over.
    is_open: bool,
    /// Whether the session has not told yet that the dictation began; what it tells meanwhile is about the time before.
    is_new: bool,
    utterance: Option<UtteranceId>,
    status: Status,
    texts: BTreeMap<u32, String>,
    levels: Levels,
    frames: u32,
    is_held: bool,
    /// When the message that ends it goes away.
    end: Option<Instant>,
}

impl Story {
    /// A dictation began.
    pub(super) fn begin(&mut self, utterance: UtteranceId) {
        let mut status = std::mem::take(&mut self.status);
        // What is true from now on, until the session tells more.
        status.state = status::State::Connecting;
        (status.trouble, status.note, status.can_undo) = (None, None, false);
        *self = Self { is_open: true, is_new: true, utterance: Some(utterance), status, ..Self::default() };
    }

    pub(super) fn status(&mut self, mut status: Status, now: Instant) {
        self.is_new &= !matches!(status.state, status::State::Connecting | status::State::Listening);
        if self.is_new {
            status.state = status::State::Connecting;
        }
        let undone = self.status.can_undo && !status.can_undo && status.state == status::State::Working;
        if undone {
            self.is_open = true;
        }
        self.status = status;
        let lasts = match self.status.state {
            status::State::Idle if self.status.can_undo => Some(CANCELLED),
            status::State::Idle => {
                self.is_open = false;
                None
            }
            status::State::Trouble => Some(MESSAGE),
            _ => None,
        };
        self.end = lasts.filter(|_| self.is_open).map(|length| self.end.unwrap_or(now + length));
    }

    pub(super) fn heard(&mut self, utterance: UtteranceId, index: u32, text: String) {
        if self.utterance == Some(utterance) {
            self.texts.insert(index, text);
        }
    }

    pub(super) fn held(&mut self) {
        self.is_held = true;
    }

    /// The level since the last frame, in dBFS; `None` when nothing was heard in it.
    pub(super) fn level(&mut self, dbfs: Option<f32>) {
        self.frames = self.frames.wrapping_add(1);
        match dbfs {
            Some(dbfs) if self.frames.is_multiple_of(FRAMES_PER_LEVEL) => self.levels.push(dbfs),
            Some(dbfs) => self.levels.raise(dbfs),
            None if self.frames.is_multiple_of(FRAMES_PER_LEVEL) => self.levels.hold(),
            None => {}
        }
    }

    /// Takes away what was shown long enough.
    pub(super) fn pass(&mut self, now: Instant) {
        if self.end.is_some_and(|end| end <= now) {
            self.leave();
        }
    }

    /// Shows nothing more of this dictation.
    pub(super) fn leave(&mut self) {
        self.is_open = false;
        self.end = None;
    }

    /// When [`Story::pass`] is to be called.
    pub(super) fn end(&self) -> Option<Instant> {
        self.end
    }

    pub(super) fn motion(&self) -> Motion {
        match self.status.state {
            _ if !self.is_open => Motion::None,
            status::State::Listening => Motion::Level,
            status::State::Connecting | status::State::Working => Motion::Wheel,
            status::State::Idle | status::State::Trouble => Motion::None,
        }
    }

    /// What is to be shown now; `None` for nothing.
    pub(super) fn state(&self) -> Option<State> {
        if !self.is_open {
            return None;
        }
        let Status { state, trouble, note, microphone, loading_percent, can_undo, waiting, .. } = &self.status;
        let phase = match state {
            status::State::Connecting => Phase::Connecting,
            status::State::Listening => Phase::Listening(self.levels.clone()),
            status::State::Working => Phase::Working {
                work: if loading_percent.is_some() { Work::Loading } else { Work::Recognising },
                progress: loading_percent.map(|percent| f32::from(percent) / 100.0),
                ready_in_seconds: waiting.as_ref().and_then(|waiting| waiting.ready_in_seconds),
            },
            status::State::Idle if *can_undo => Phase::Cancelled { next_step: UNDO.into() },
            status::State::Idle => return None,
            status::State::Trouble => self.message(trouble.as_ref()?),
        };
        // While it is heard, trouble is a question or something that the user can mend meanwhile.
        let note = trouble.as_ref().or(note.as_ref()).map(|note| note.message.clone()).unwrap_or_default();
        let text = text::join(&self.texts.values().collect::<Vec<_>>(), None);
        Some(State { phase, microphone: microphone.clone(), note, text })
    }

    /// Whether a click on what is shown undoes the cancelling.
    pub(super) fn is_button(&self) -> bool {
        self.is_open && self.status.state == status::State::Idle && self.status.can_undo
    }

    fn message(&self, trouble: &Trouble) -> Phase {
        if self.is_held {
            return Phase::Held { why: KEPT.into(), next_step: trouble.message.clone() };
        }
        let (what, next_step) = split(&trouble.message);
        Phase::Trouble { what: what.into(), next_step: next_step.into() }
    }
}

/// A message's first sentence, and the rest: what is wrong, and what to do.
fn split(message: &str) -> (&str, &str) {
    match message.find(['.', '?', '!']).filter(|&at| message[at + 1..].starts_with(' ')) {
        Some(at) => (&message[..=at], message[at + 1..].trim_start()),
        None => (message, ""),
    }
}

/// States that are shown at nearly every dictation.
pub(super) fn usual() -> [State; 3] {
    let working = Phase::Working { work: Work::Recognising, progress: None, ready_in_seconds: None };
    [Phase::Connecting, Phase::Listening(Levels::default()), working].map(|phase| State { phase, ..State::default() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::Waiting;

    fn told(state: status::State) -> Status {
        Status { state, microphone: "Desk".into(), ..Status::default() }
    }

    fn phase(story: &Story) -> Option<Phase> {
        story.state().map(|state| state.phase)
    }

    #[test]
    fn a_dictation_is_shown_from_its_beginning_to_its_end() {
        let (mut story, now) = (Story::default(), Instant::now());
        assert_eq!(phase(&story), None);
        story.begin(UtteranceId(1));
        assert_eq!(phase(&story), Some(Phase::Connecting));
        assert_eq!(story.motion(), Motion::Wheel);
        story.status(told(status::State::Listening), now);
        assert_eq!(story.motion(), Motion::Level);
        story.heard(UtteranceId(1), 0, "One.".into());
        story.heard(UtteranceId(1), 1, "Draft".into());
        story.heard(UtteranceId(1), 1, "Two.".into());
        story.heard(UtteranceId(7), 2, "Another's.".into());
        let state = story.state().unwrap();
        assert_eq!((state.text.as_str(), state.microphone.as_str()), ("One. Two.", "Desk"));
        let waiting = Some(Waiting { speech_seconds: 9, ready_in_seconds: Some(4) });
        story.status(Status { waiting, ..told(status::State::Working) }, now);
        assert!(matches!(phase(&story), Some(Phase::Working { ready_in_seconds: Some(4), .. })));
        story.status(told(status::State::Idle), now);
        assert_eq!((phase(&story), story.motion(), story.end()), (None, Motion::None, None));
        story.begin(UtteranceId(2));
        assert_eq!(story.state().unwrap().text, "");
    }

    #[test]
    fn a_cancelled_dictation_is_shown_for_a_while_and_comes_back_when_that_is_undone() {
        let (mut story, now) = (Story::default(), Instant::now());
        story.begin(UtteranceId(1));
        story.status(told(status::State::Connecting), now);
        let cancelled = Status { can_undo: true, ..told(status::State::Idle) };
        story.status(cancelled.clone(), now);
        assert!(matches!(phase(&story), Some(Phase::Cancelled { .. })) && story.is_button());
        // Told again, it stays no longer.
        story.status(Status { recoverable: 1, ..cancelled }, now + Duration::from_secs(3));
        assert_eq!(story.end(), Some(now + CANCELLED));
        story.pass(now + CANCELLED);
        assert_eq!((phase(&story), story.end(), story.is_button()), (None, None, false));
        story.status(told(status::State::Working), now + CANCELLED);
        assert!(matches!(phase(&story), Some(Phase::Working { .. })) && !story.is_button());
    }

    #[test]
    fn trouble_says_what_is_wrong_and_what_to_do() {
        let (mut story, now) = (Story::default(), Instant::now());
        let message = "No microphone is there. Connect one. Then try again.";
        let connecting = told(status::State::Connecting);
        let trouble = Some(Trouble { code: "no-microphone".into(), message: message.into() });
        let troubled = Status { trouble, ..told(status::State::Trouble) };
        story.status(troubled.clone(), now);
        assert_eq!(phase(&story), None, "outside a dictation the menu tells");
        story.begin(UtteranceId(1));
        story.status(troubled.clone(), now);
        assert_eq!(phase(&story), Some(Phase::Connecting), "that was before");
        story.status(connecting.clone(), now);
        story.status(troubled.clone(), now);
        let expected =
            Phase::Trouble { what: "No microphone is there.".into(), next_step: "Connect one. Then try again.".into() };
        assert_eq!(phase(&story), Some(expected));
        story.held();
        assert!(matches!(phase(&story), Some(Phase::Held { next_step, .. }) if next_step == message));
        assert_eq!(story.end(), Some(now + MESSAGE));
        story.pass(now + MESSAGE);
        assert_eq!(phase(&story), None);
        story.begin(UtteranceId(2));
        story.status(connecting, now);
        story.status(troubled, now);
        assert!(matches!(phase(&story), Some(Phase::Trouble { .. })), "nothing is held of this one");
    }

    #[test]
    fn a_question_while_listening_stands_below_the_title() {
        let (mut story, now) = (Story::default(), Instant::now());
        story.begin(UtteranceId(1));
        let trouble = Some(Trouble { code: "still-listening".into(), message: "Go on?".into() });
        story.status(Status { trouble, ..told(status::State::Listening) }, now);
        assert_eq!(story.state().unwrap().note, "Go on?");
    }

    #[test]
    fn a_message_is_split_after_its_first_sentence() {
        assert_eq!(split("One. Two. Three."), ("One.", "Two. Three."));
        assert_eq!(split("Version 1.5 is there"), ("Version 1.5 is there", ""));
        assert_eq!(split("Why? Because."), ("Why?", "Because."));
        assert_eq!(split(""), ("", ""));
    }
}

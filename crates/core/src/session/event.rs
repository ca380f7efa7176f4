//! What the session hears and what it answers.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::ports::{DeskEvent, KeyEdge, Sound};

/// Names an utterance: one dictation from key-down to the last typed character, or a text that is typed again. They count
/// up from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtteranceId(pub u64);

impl fmt::Display for UtteranceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "u{}", self.0)
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The hotkey.
    Key(KeyEdge),
    /// The menu or a command starts or ends a dictation.
    Toggle,
    /// The user does not want what is being heard, recognised or typed. The recording stays.
    Cancel,
    /// The user wants the dictation after all that was cancelled last; see [`super::Session::can_undo`].
    Undo,
    /// The user wants a text from before typed once more; see [`super::Session::can_type_again`].
    TypeAgain(String),
    /// The microphone is open and the first samples have arrived.
    FirstSamples {
        /// Whose.
        utterance: UtteranceId,
    },
    /// A voice is heard, or has fallen silent, in what is being spoken.
    Voice(bool),
    /// The voice of a new segment has begun.
    Phrase {
        /// Whose.
        utterance: UtteranceId,
        /// The index that the segment will have.
        index: u32,
    },
    /// The voice has fallen silent in a segment that is still open: what there is of it can be recognised ahead.
    Draft {
        /// Whose.
        utterance: UtteranceId,
        /// The index that the segment will have.
        index: u32,
        /// Where its voice ends, in samples of the recording. The same end means the same words.
        until: u64,
    },
    /// The voice went on: the segment is not what it was when it was drafted.
    DraftOver {
        /// Whose.
        utterance: UtteranceId,
    },
    /// The capture has closed a segment. Indices count up from 0 without a gap.
    Segment {
        /// Whose.
        utterance: UtteranceId,
        /// Which.
        index: u32,
        /// Where its voice ends, in samples of the recording.
        until: u64,
    },
    /// The capture is over and all its segments have been told: after [`Effect::StopCapture`], or because
    /// the microphone could not be opened or was lost.
    CaptureEnded {
        /// Whose.
        utterance: UtteranceId,
        /// The length of the recording from the moment at which the key went down.
        length: Duration,
        /// Why it ended early, if it did.
        error: Option<Error>,
    },
    /// The recogniser has answered and is free again.
    Recognised {
        /// Whose.
        utterance: UtteranceId,
        /// Which segment.
        index: u32,
        /// Its text, or what went wrong (`Aborted` after [`Effect::AbortRecognition`]).
        result: Result<String, Error>,
    },
    /// The typist is done.
    Typed {
        /// Whose.
        utterance: UtteranceId,
        /// How it ended.
        end: TypingEnd,
    },
    /// The desktop session.
    Desk(DeskEvent),
    /// [`super::Session::deadline`] has passed.
    Tick,
}

/// How typing ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TypingEnd {
    /// Every character was sent.
    Complete,
    /// Typing stopped; what was not sent is handed back.
    Stopped {
        /// The text that was not typed.
        rest: String,
        /// Why.
        error: Error,
    },
}

/// Why a recording was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum KeepReason {
    /// The user cancelled.
    Cancelled,
    /// Something failed.
    Failed,
    /// The text could not be typed, or not all of it.
    Held,
    /// The screen was locked, the machine went to sleep, or a logout was asked for.
    Locked,
    /// Tawk was quit.
    Quit,
    /// No voice was found in it.
    NothingHeard,
}

impl KeepReason {
    /// Every reason.
    pub const ALL: [KeepReason; 6] = [
        KeepReason::Cancelled,
        KeepReason::Failed,
        KeepReason::Held,
        KeepReason::Locked,
        KeepReason::Quit,
        KeepReason::NothingHeard,
    ];

    /// The word for it in the names of files.
    pub const fn word(self) -> &'static str {
        match self {
            KeepReason::Cancelled => "cancelled",
            KeepReason::Failed => "failed",
            KeepReason::Held => "held",
            KeepReason::Locked => "locked",
            KeepReason::Quit => "quit",
            KeepReason::NothingHeard => "nothing-heard",
        }
    }
}

/// What the icon shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Face {
    /// Waiting for the hotkey.
    Idle,
    /// The microphone is being opened.
    Connecting,
    /// Samples arrive.
    Listening,
    /// Recognising or typing.
    Working,
    /// Something needs attention.
    Trouble,
}

/// Something to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open the microphone and a recording, make the model ready.
    StartCapture {
        /// For which utterance.
        utterance: UtteranceId,
    },
    /// Take what the microphone has heard up to now, close it, and answer [`Event::CaptureEnded`].
    StopCapture {
        /// Of which utterance.
        utterance: UtteranceId,
    },
    /// Remember who has the focus: the text goes there and nowhere else.
    MarkTarget {
        /// For which utterance.
        utterance: UtteranceId,
        /// For the text of this segment alone; `None` for all of it.
        phrase: Option<u32>,
    },
    /// Recognise a segment. Only one at a time is asked for.
    Recognise {
        /// Whose.
        utterance: UtteranceId,
        /// Which.
        index: u32,
        /// The vocabulary and the text so far.
        prompt: String,
        /// Whether the segment is a draft.
        draft: bool,
    },
    /// A draft that cost the recogniser work has come to its end.
    Drafted {
        /// Whose.
        utterance: UtteranceId,
        /// The index of its segment.
        index: u32,
        /// Whether its text was the segment's; otherwise the work was in vain.
        used: bool,
    },
    /// Make the running recognition stop; it answers `Recognised` all the same.
    AbortRecognition {
        /// Whose.
        utterance: UtteranceId,
    },
    /// Type this, into the marked target only, and answer [`Event::Typed`]. Only one at a time is asked for.
    Type {
        /// Whose.
        utterance: UtteranceId,
        /// The segment for which the target was marked; `None` for the utterance's target.
        phrase: Option<u32>,
        /// What follows all that was typed of this utterance before.
        text: String,
    },
    /// Stop typing at the next grapheme; `Typed` is answered with the rest.
    StopTyping {
        /// Whose.
        utterance: UtteranceId,
    },
    /// Keep text that was not typed where the user can take it.
    Hold {
        /// Whose.
        utterance: UtteranceId,
        /// The text.
        text: String,
    },
    /// The recording is not needed any more. Comes once per dictation, or `KeepRecording` does; a text that is typed again has
    /// no recording.
    DiscardRecording {
        /// Whose.
        utterance: UtteranceId,
    },
    /// The recording stays.
    KeepRecording {
        /// Whose.
        utterance: UtteranceId,
        /// Why.
        reason: KeepReason,
    },
    /// What became of a dictation whose cancelling was undone after `KeepRecording`: all of its text has arrived (`None`), or
    /// the recording stays for this reason. Comes each time it is over.
    ReviseRecording {
        /// Whose.
        utterance: UtteranceId,
        /// Why it stays; `None`: it is not needed any more.
        reason: Option<KeepReason>,
    },
    /// The segments' sound is not needed in memory any more. Comes once per utterance, last of all; for a dictation
    /// that was cancelled, only when that cannot be undone any more.
    Forget {
        /// Whose.
        utterance: UtteranceId,
    },
    /// Ask the user whether to go on listening although nobody speaks; `false`: the question is settled.
    StillListening(bool),
    /// Tell the user what went wrong.
    Report(Error),
    /// Play a sound.
    Play(Sound),
    /// Show this state.
    Show(Face),
}

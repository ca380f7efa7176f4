//! What Tawk is doing, as plain data for every face: tray, window, command line.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tawk_core::Error;
use tawk_core::backlog::Backlog;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::Field;
use tawk_core::session::Face;

use crate::timing::Timing;
use crate::trial::Trial;

/// What Tawk is doing now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    /// The state that the icon shows.
    pub state: State,
    /// What needs attention, until the next dictation begins.
    pub trouble: Option<Trouble>,
    /// Something about the microphone that does not end the dictation, until the next one begins.
    #[serde(default)]
    pub note: Option<Trouble>,
    /// The name of the microphone in use, or of the one that the next dictation would use.
    pub microphone: String,
    /// The id of the model in use; empty when there is none.
    pub model: String,
    /// Whether the model knows only the demo vocabulary.
    pub model_is_demo: bool,
    /// The hotkey as the user writes it.
    pub hotkey: String,
    /// Whether there is a last text to copy.
    pub has_last_text: bool,
    /// How many parts of what was recognised in the last dictation were not typed, because nobody said them.
    #[serde(default)]
    pub withheld: usize,
    /// How many dictations were cut short by a crash and can be recovered.
    #[serde(default)]
    pub recoverable: usize,
    /// What has come of something that the user asked for, until the next dictation begins. No trouble.
    #[serde(default)]
    pub notice: Option<String>,
    /// How far the model is loaded, 0 to 100, while it is being loaded.
    pub loading_percent: Option<u8>,
    /// What kind of field had the keyboard when it was looked at last; nothing is typed into a password field.
    #[serde(default)]
    pub field: Field,
    /// Whether the last dictation was cancelled and that can be undone.
    #[serde(default)]
    pub can_undo: bool,
    /// The number in the history of the dictation whose recording is being played.
    #[serde(default)]
    pub playing: Option<i64>,
    /// The number in the history of the dictation whose recording is being recognised again.
    #[serde(default)]
    pub recognising_again: Option<i64>,
    /// Speech that waits to be recognised, if the wait is long enough to be felt: more than about 2 s.
    #[serde(default)]
    pub waiting: Option<Waiting>,
}

/// Speech that waits because this machine recognises more slowly than it is spoken, in whole seconds. An estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Waiting {
    /// The length of the speech.
    pub speech_seconds: u64,
    /// How long until its text is there if no more is said; `None` while nothing was recognised yet that tells.
    pub ready_in_seconds: Option<u64>,
}

impl Waiting {
    /// For people: `ready in about 5 s (12 s of speech wait)`.
    pub fn sentence(&self) -> String {
        let speech = format!("{} s of speech wait", self.speech_seconds);
        match self.ready_in_seconds {
            Some(seconds) => format!("ready in about {seconds} s ({speech})"),
            None => speech,
        }
    }
}

impl From<Backlog> for Waiting {
    fn from(backlog: Backlog) -> Self {
        let seconds = |duration: Duration| duration.as_secs_f64().ceil() as u64;
        Self { speech_seconds: seconds(backlog.speech), ready_in_seconds: backlog.ready_in.map(seconds) }
    }
}

/// The state that the icon shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// Waiting for the hotkey.
    #[default]
    Idle,
    /// The microphone is being opened; nothing is heard yet.
    Connecting,
    /// Samples arrive.
    Listening,
    /// Recognising or typing what was said.
    Working,
    /// The last dictation needs attention; see [`Status::trouble`].
    Trouble,
}

impl From<Face> for State {
    fn from(face: Face) -> Self {
        match face {
            Face::Idle => State::Idle,
            Face::Connecting => State::Connecting,
            Face::Listening => State::Listening,
            Face::Working => State::Working,
            Face::Trouble => State::Trouble,
        }
    }
}

/// An error as the faces see it: they switch on the code and show the message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Trouble {
    /// [`tawk_core::ErrorKind::code`].
    pub code: String,
    /// A sentence with the next step.
    pub message: String,
}

impl From<&Error> for Trouble {
    fn from(error: &Error) -> Self {
        Self { code: error.kind.code().into(), message: error.message.clone() }
    }
}

/// A model's download.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchState {
    /// The model's id.
    pub id: String,
    /// Bytes on disk.
    pub done: u64,
    /// Bytes in all.
    pub total: u64,
    /// Whether it is over.
    pub finished: bool,
    /// Why it ended early, if it did.
    pub error: Option<Trouble>,
}

/// Something that the faces are told as it happens.
pub trait Listener: Send + Sync {
    /// The status differs from the one told before.
    fn status_changed(&self, status: &Status);

    /// Somebody asked for the window: a second start of the app, or `tawk open`.
    fn open_window(&self);

    /// Whether the user sees a window of Tawk, where trouble is shown.
    fn window_is_open(&self) -> bool {
        false
    }

    /// The settings changed, from whichever side.
    fn settings_changed(&self) {}

    /// Other dictations are remembered than before.
    fn history_changed(&self) {}

    /// What the system allows is known for the first time, or has changed.
    fn permission_changed(&self, _: Permission, _: PermissionState) {}

    /// How a download goes on.
    fn fetch_changed(&self, _: &FetchState) {}

    /// How the trial of a microphone goes: some 20 times a second while it is heard.
    fn trial_changed(&self, _: &Trial) {}

    /// A dictation is over; so long did its steps take.
    fn timed(&self, _: &Timing) {}

    /// A voice is heard, or has fallen silent.
    fn voice_changed(&self, _voiced: bool) {}

    /// Tawk is to end: asked through the socket, a signal, or a logout. Everything is saved already.
    fn quit(&self);
}

/// A listener that hears nothing.
#[derive(Debug, Default)]
pub struct Deaf;

impl Listener for Deaf {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {}
}

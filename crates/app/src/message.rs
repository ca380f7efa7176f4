//! What the session thread is told.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use tawk_audio::{Flaw, Segment};
use tawk_core::Error;
use tawk_core::microphone::Microphone;
use tawk_core::ports::KeyEdge;
use tawk_core::recognition::Withheld;
use tawk_core::session::{Event, UtteranceId};

use crate::recovery::Recovery;
use crate::status::Trouble;

/// Told to the session thread by all others. One closed set, one loop.
pub(crate) enum Message {
    /// Something for the state machine, happening now.
    Event(Event),
    /// The hotkey, at the moment the system saw it.
    Hotkey(KeyEdge, Instant),
    /// A segment.
    Segment { utterance: UtteranceId, index: u32, heard: Segment },
    /// What there is of an open segment in which the voice has fallen silent.
    Draft { utterance: UtteranceId, index: u32, heard: Segment },
    /// What was recognised in a segment and must not be typed. Comes before the segment's text.
    Withheld { utterance: UtteranceId, index: u32, parts: Vec<Withheld> },
    /// The typist is about to send the first key.
    FirstKey { utterance: UtteranceId, at: Instant },
    /// The panel has shown the dictation's first picture.
    FirstPicture { utterance: UtteranceId, at: Instant },
    /// The microphone that is open.
    Microphone(Microphone),
    /// The microphone of a running dictation was lost (`true`), or another is heard in its place.
    Interrupted(bool),
    /// Something about the microphone that the user should know while it is heard; `None` when it is over.
    Note(Option<Note>),
    /// Whether a voice is being heard.
    Voice(bool),
    /// The key that cancels was pressed.
    CancelKey,
    /// The model is being loaded, in per cent; `None` when that is over.
    Loading(Option<u8>),
    /// The last text from before this start; `None` when it is to be forgotten.
    LastText(Option<String>),
    /// A sentence for whoever looks at the menu; nothing is wrong now.
    Notice(String),
    /// Something went wrong on the way.
    Report(Error),
    /// A dictation is not in the history yet. What is told already counts for more.
    Unremembered(Error),
    /// Something is wrong outside any dictation, until (`None`) it is mended.
    Trouble(Option<Error>),
    /// A recording was kept.
    Kept { utterance: UtteranceId, path: PathBuf },
    /// What earlier runs have left of recordings is in order.
    Tidied,
    /// So many dictations were cut short by a crash and can be recovered.
    Recoverable(usize),
    /// Recover the newest dictation that was cut short.
    Recover,
    /// A dictation is being recovered, or was.
    Recovery(Recovery),
    /// The settings have changed.
    Settings,
    /// Somebody wants to see the window.
    OpenWindow,
    /// The program is to end: keep what is being heard, then tell the listener.
    Shutdown,
    /// Answer when everything sent before has been done.
    Flush(Sender<()>),
}

/// Something about the microphone that does not end the dictation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// This microphone, by name, has taken the place of a lost one.
    Replaced(String),
    /// For so long nothing was heard, until the microphone of this name took the place of a lost one. Told at the end.
    Unheard(Duration, String),
    /// What is wrong with its sound.
    Signal(Flaw),
    /// It is a Bluetooth headset's.
    Bluetooth,
}

impl Note {
    /// As the faces see it.
    pub(crate) fn tell(&self) -> Trouble {
        let (code, message) = match self {
            Note::Replaced(name) => {
                ("microphone-replaced", format!("The microphone went away or is silent. Tawk goes on with {name}."))
            }
            Note::Unheard(gap, name) => (
                "microphone-gap",
                format!(
                    "Nothing was heard for {:.1} s while the microphone was away. Tawk went on with {name}: see whether words \
                     are missing.",
                    gap.as_secs_f64()
                ),
            ),
            Note::Signal(Flaw::Silent) => (
                "microphone-silent",
                "The microphone gives nothing but silence. Switch it on or unmute it, or choose another.".into(),
            ),
            Note::Signal(Flaw::Clipped) => (
                "microphone-clipped",
                "The microphone is too loud, and its sound is cut off. Turn its level down in the system's settings.".into(),
            ),
            Note::Bluetooth => (
                "bluetooth-microphone",
                "A Bluetooth headset sounds like a telephone while its microphone is in use. Put the built-in microphone \
                 first in Tawk's list: you can speak into that and go on listening with the headset."
                    .into(),
            ),
        };
        Trouble { code: code.into(), message }
    }
}

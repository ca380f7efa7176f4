//! What the history keeps of a dictation.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;

/// The fate of a dictation whose text was typed whole.
pub const TYPED: &str = "typed";

/// The fate of a dictation that a crash cut short and that was recovered: its text was typed by nobody, or nobody knows.
pub const RECOVERED: &str = "recovered";

/// A dictation that is over.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Dictation {
    /// When it began: milliseconds since 1970, UTC.
    pub at_ms: i64,
    /// Its text; empty when nothing of it was recognised.
    pub text: String,
    /// What of the text was not typed; `None` when all was, or nobody knows.
    pub untyped: Option<String>,
    /// What was recognised but left out of the text.
    pub withheld: Vec<WithheldText>,
    /// [`TYPED`], [`RECOVERED`], or the word of the [`tawk_core::session::KeepReason`] for which it was not typed.
    pub fate: String,
    /// The name of the app that it was meant for; may be empty.
    pub app: String,
    /// The microphone's name; may be empty.
    pub microphone: String,
    /// The id of the model that recognised the text.
    pub model: String,
    /// The setting: `auto` or a language code.
    pub language: String,
    /// How long its steps took, in ms, and how many there were, by name.
    pub timing: BTreeMap<String, f64>,
    /// The length of the recording in ms.
    pub length_ms: u64,
    /// The recording; `None` when there is none (any more).
    pub audio: Option<PathBuf>,
}

/// A part that was recognised, but is taken for something that nobody said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct WithheldText {
    /// The part.
    pub text: String,
    /// Why, as a word.
    pub reason: String,
}

/// A dictation in the history.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Remembered {
    /// Its number: later ones are greater, and none is given twice.
    pub id: i64,
    /// When it began, in local time, for people: `2026-11-21 13:05`.
    pub local_time: String,
    /// All of it.
    #[serde(flatten)]
    pub dictation: Dictation,
    /// The text as it was recognised at first, if it has been recognised again since.
    pub first_text: Option<String>,
}

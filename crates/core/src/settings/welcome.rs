//! How far the first run has come.

use serde::{Deserialize, Serialize};

/// How far the first run has come.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct WelcomeSettings {
    /// The step that comes next.
    pub step: WelcomeStep,
}

/// A step of the first run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WelcomeStep {
    /// Tawk hears the microphone.
    #[default]
    Microphone,
    /// Tawk may type.
    Typing,
    /// A first dictation.
    Dictation,
    /// It is over, or the user does not want it.
    Done,
}

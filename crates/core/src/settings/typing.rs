//! How keys are sent.

use serde::{Deserialize, Serialize};

use crate::keystroke::MAX_UNITS_PER_STROKE;

/// How keys are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typing {
    /// The pause after each keystroke in ms.
    pub pace_ms: f64,
    /// UTF-16 units per keystroke.
    pub chunk_units: u32,
    /// What a line break becomes.
    pub newline: NewlineSetting,
    /// How long to wait, in ms, for held modifiers to be let go.
    pub release_wait_ms: u32,
}

/// [`crate::keystroke::Newline`] as it is written in the settings.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NewlineSetting {
    /// Return.
    #[default]
    Return,
    /// Shift and Return.
    ShiftReturn,
    /// A space.
    Space,
}

impl Default for Typing {
    fn default() -> Self {
        Self {
            pace_ms: 2.0,
            chunk_units: MAX_UNITS_PER_STROKE as u32,
            newline: NewlineSetting::Return,
            release_wait_ms: 500,
        }
    }
}

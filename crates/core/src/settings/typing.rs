//! How keys are sent.

use serde::{Deserialize, Serialize};

use super::AppRule;

/// How keys are sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Typing {
    /// The pause after each keystroke in ms.
    pub pace_ms: f64,
    /// UTF-16 units per keystroke, 1 to [`crate::keystroke::MAX_UNITS_PER_STROKE`]; 0 for what suits the system.
    pub chunk_units: u32,
    /// What a line break becomes.
    pub newline: NewlineSetting,
    /// How long to wait, in ms, for held modifiers to be let go.
    pub release_wait_ms: u32,
    /// What is otherwise for particular apps.
    pub apps: Vec<AppRule>,
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
        Self { pace_ms: 2.0, chunk_units: 0, newline: NewlineSetting::Return, release_wait_ms: 500, apps: Vec::new() }
    }
}

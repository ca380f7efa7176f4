//! Hotkey, language and text.

use serde::{Deserialize, Serialize};

use crate::text::Ending;

/// As the hotkey: what suits the system, which the app puts in its place.
pub const DEFAULT_HOTKEY: &str = "default";

/// Hotkey, language and text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Dictation {
    /// A chord such as `Ctrl+Alt+Space` or a modifier alone, see [`crate::hotkey::Hotkey`]; or [`DEFAULT_HOTKEY`].
    pub hotkey: String,
    /// What a press of the hotkey means.
    pub activation: Activation,
    /// With [`Activation::HoldOrTap`], a press shorter than this, in ms, is a tap.
    pub tap_ms: u32,
    /// `auto` or a Whisper language code.
    pub language: String,
    /// Names and words that Whisper should expect.
    pub vocabulary: String,
    /// What follows every dictated text.
    pub ending: Ending,
    /// When a dictation that was started by a tap is typed.
    pub delivery: Delivery,
    /// Whether Escape cancels while Tawk listens.
    pub escape_cancels: bool,
}

/// What a press of the hotkey means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// A dictation lasts while the hotkey is held; a tap starts one that the next press ends.
    #[default]
    HoldOrTap,
    /// A dictation lasts while the hotkey is held, however short that is.
    Hold,
    /// Every press starts or ends a dictation, however long it is.
    Tap,
}

/// When a dictation that was started by a tap is typed. One for which the hotkey is held is typed at release.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Delivery {
    /// As a whole, when it ends.
    #[default]
    Release,
    /// Phrase by phrase, while it goes on.
    Phrases,
}

impl Default for Dictation {
    fn default() -> Self {
        Self {
            hotkey: DEFAULT_HOTKEY.into(),
            activation: Activation::HoldOrTap,
            tap_ms: 300,
            language: "auto".into(),
            vocabulary: String::new(),
            ending: Ending::Space,
            delivery: Delivery::Release,
            escape_cancels: true,
        }
    }
}

//! What of the settings the session decides by.

use std::time::Duration;

use crate::text::Ending;

/// The settings that the session decides by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A press shorter than this starts a dictation that the next press ends.
    pub tap: Duration,
    /// Whether a dictation that was started by a tap is typed phrase by phrase while it goes on.
    pub by_phrase: bool,
    /// What follows every dictated text.
    pub ending: Ending,
    /// The language of the text, if known, for joining.
    pub language: Option<String>,
    /// Words that the recogniser should expect; put before the text so far.
    pub vocabulary: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            tap: Duration::from_millis(300),
            by_phrase: false,
            ending: Ending::default(),
            language: None,
            vocabulary: String::new(),
        }
    }
}

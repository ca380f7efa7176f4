//! What is asked of a recogniser, what it answers, and what of that is not typed.

mod guard;
mod phantom;
mod repetition;
mod speed;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

pub use guard::{DOUBTFUL_LOG_PROBABILITY, Loudness, suspicion};

/// Whisper's full encoder window: 1500 units of 20 ms, 30 s.
pub const FULL_ENCODER_WINDOW: u32 = 1500;

/// The smallest encoder window that Tawk uses, in units of 20 ms. Below it Whisper's decoder starts to
/// loop (whisper.cpp issues 1117 and 1951).
pub const MIN_ENCODER_WINDOW: u32 = 512;

/// How an utterance's segment is to be recognised.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct RecognitionRequest {
    /// A Whisper language code such as `en`, or `None` to let a multilingual model detect it.
    pub language: Option<String>,
    /// The text that came before, so that capitals, names and punctuation carry on. May be empty.
    pub prompt: String,
    /// The encoder window in units of 20 ms; `None` for the full 30 s. Raised to
    /// [`MIN_ENCODER_WINDOW`] and to what the audio's length needs.
    pub encoder_window: Option<u32>,
}

/// What was understood.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Recognition {
    /// The text, trimmed. Empty when nothing was said.
    pub text: String,
    /// What the recogniser wrote though nobody said it. It is not typed, and handed on so that nothing is lost.
    pub withheld: Vec<Withheld>,
    /// The mean natural logarithm of the tokens' probabilities; `None` where there is no text.
    pub log_probability: Option<f32>,
    /// How likely the model takes it that nobody speaks, 0.0..=1.0; `None` where it was not asked or cannot say.
    pub no_speech: Option<f32>,
    /// How often the model worked on the sound: once a piece of 28 s, unless a text looked bad.
    pub runs: u32,
}

/// A text, or a part of one, that is not typed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// The text, trimmed.
    pub text: String,
    /// Why.
    pub reason: WithheldReason,
}

/// Why a text is not typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WithheldReason {
    /// A phrase that Whisper is known to invent, where it is near-silent.
    KnownPhrase,
    /// The vocabulary or the text before, told again where it is near-silent.
    Prompt,
    /// The model itself took it for silence, and what it wrote for unlikely.
    NoSpeech,
    /// The sound is steady: no syllables stand out in it.
    SteadyNoise,
    /// More of the same than anybody can say in the time. The first of it is typed.
    Repetition,
}

/// A switch that stops a recognition from another thread. Clones share the switch.
///
/// Whisper looks at it after each encode and each token, so a run ends some time after
/// [`AbortSwitch::abort`], not at once.
#[derive(Clone, Debug, Default)]
pub struct AbortSwitch(Arc<AtomicBool>);

impl AbortSwitch {
    /// Asks the running recognition, and every later one that is given this switch, to stop.
    pub fn abort(&self) {
        self.0.store(true, Ordering::Release);
    }

    /// Whether stopping was asked for.
    pub fn is_aborted(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }

    /// The flag itself, for a recogniser that hands it to foreign code. It lives as long as the clone.
    pub fn flag(&self) -> &Arc<AtomicBool> {
        &self.0
    }
}

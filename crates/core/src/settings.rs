//! What the user can choose, with defaults and bounds. Where the file lies is `store`'s matter.

mod app_rules;
mod dictation;
mod hud;
mod language;
mod microphone;
mod typing;
mod welcome;

use std::time::Duration;

pub use app_rules::{AppRule, AppTyping, would_be_garbled};
pub use dictation::{Activation, DEFAULT_HOTKEY, Delivery, Dictation};
pub use hud::{HudPosition, HudSettings, HudSize};
pub use language::{LANGUAGES, is_language};
pub use microphone::{MOST_MICROPHONES, MicrophoneSettings};
use serde::{Deserialize, Serialize};
pub use typing::{NewlineSetting, Typing};
pub use welcome::{WelcomeSettings, WelcomeStep};

use crate::hotkey::{Hotkey, Key, Modifiers};
use crate::keystroke::MAX_UNITS_PER_STROKE;
use crate::microphone::{ChannelChoice, MicrophoneChoice, PreferredMicrophone};

/// Every setting. The commented `settings.toml` in `crates/store` documents each of them for users.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// Hotkey, language and text.
    pub dictation: Dictation,
    /// Which microphone.
    pub microphone: MicrophoneSettings,
    /// Which model.
    pub recognition: RecognitionSettings,
    /// How keys are sent.
    pub typing: Typing,
    /// Start and stop sounds.
    pub sound: SoundSettings,
    /// The panel that shows what a dictation does.
    pub hud: HudSettings,
    /// What is told outside the window.
    pub notifications: NotificationSettings,
    /// What is remembered of dictations.
    pub history: HistorySettings,
    /// The first run.
    pub welcome: WelcomeSettings,
    /// The log file.
    pub log: Log,
}

/// Which model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct RecognitionSettings {
    /// `auto` (the best one installed), a catalogue id, or the path of a model file.
    pub model: String,
    /// Whether a pause is taken for the end and recognised ahead.
    pub ahead: bool,
    /// Minutes without dictation after which the model's memory is given back; 0 keeps it for good.
    pub keep_loaded_minutes: u32,
}

/// Start and stop sounds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SoundSettings {
    /// Whether sounds are played.
    pub enabled: bool,
    /// 0.0 to 1.0.
    pub volume: f32,
}

/// What is remembered of dictations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct HistorySettings {
    /// Whether anything is.
    pub enabled: bool,
    /// Whether the recordings of delivered texts are kept too.
    pub audio: bool,
    /// After so many days a dictation is forgotten; 0 keeps it for good.
    pub keep_days: u32,
    /// So many dictations are kept, the newest; 0 keeps all.
    pub keep_count: u32,
    /// So many megabytes of recordings are kept, the newest; 0 keeps all.
    pub keep_mb: u32,
}

/// What is told outside the window.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct NotificationSettings {
    /// Whether a dictation that failed is told by the system's notifications.
    pub enabled: bool,
}

/// The log file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Log {
    /// How much is written.
    pub level: LogLevel,
}

/// How much is written to the log. No level contains a transcript.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// Only what failed.
    Error,
    /// And what may become a problem.
    Warn,
    /// And each dictation's lengths and timings.
    #[default]
    Info,
    /// And the steps between.
    Debug,
}

impl Default for RecognitionSettings {
    fn default() -> Self {
        Self { model: "auto".into(), ahead: true, keep_loaded_minutes: 5 }
    }
}

impl Default for SoundSettings {
    fn default() -> Self {
        Self { enabled: true, volume: 0.3 }
    }
}

impl Default for HistorySettings {
    fn default() -> Self {
        Self { enabled: true, audio: true, keep_days: 30, keep_count: 500, keep_mb: 500 }
    }
}

impl Default for NotificationSettings {
    fn default() -> Self {
        Self { enabled: true }
    }
}

impl Default for Log {
    fn default() -> Self {
        Self { level: LogLevel::Info }
    }
}

/// A setting whose value cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The setting's dotted name, for instance `dictation.hotkey`.
    pub key: String,
    /// A sentence: what is wrong and what is allowed.
    pub message: String,
}

impl Settings {
    /// Every value that is out of bounds; empty when all can be used.
    pub fn problems(&self) -> Vec<Problem> {
        let mut problems = Vec::new();
        let mut report = |key: &str, message: String| problems.push(Problem { key: key.into(), message });
        if self.dictation.hotkey != DEFAULT_HOTKEY
            && let Err(error) = self.dictation.hotkey.parse::<Hotkey>()
        {
            report("dictation.hotkey", error.message);
        }
        if !(50..=2000).contains(&self.dictation.tap_ms) {
            report("dictation.tap_ms", "The tap time must be 50 to 2000 ms.".into());
        }
        if !is_language(&self.dictation.language) {
            report(
                "dictation.language",
                format!("“{}” is not a language. Use auto or a code such as en or de.", self.dictation.language),
            );
        }
        if self.dictation.vocabulary.chars().count() > 500 {
            report("dictation.vocabulary", "The vocabulary must not be longer than 500 characters.".into());
        }
        self.microphone.report(&mut report);
        if self.recognition.model.trim().is_empty() {
            report("recognition.model", "The model must be auto, an id that tawk models list shows, or a file.".into());
        }
        if self.recognition.keep_loaded_minutes > 24 * 60 {
            report(
                "recognition.keep_loaded_minutes",
                "The minutes must be 0 to 1440; 0 keeps the model loaded.".into(),
            );
        }
        if !(0.0..=100.0).contains(&self.typing.pace_ms) {
            report("typing.pace_ms", "The pace must be 0 to 100 ms.".into());
        }
        if self.typing.chunk_units > MAX_UNITS_PER_STROKE as u32 {
            report("typing.chunk_units", "The characters per keystroke must be 1 to 20, or 0 for the usual.".into());
        }
        if self.typing.release_wait_ms > 5000 {
            report("typing.release_wait_ms", "The wait for held keys must be 0 to 5000 ms.".into());
        }
        if let Some(problem) = app_rules::problem(&self.typing.apps) {
            report("typing.apps", problem);
        }
        if !(0.0..=1.0).contains(&self.sound.volume) {
            report("sound.volume", "The volume must be 0.0 to 1.0.".into());
        }
        if self.history.keep_days > 36_500 {
            report("history.keep_days", "The days must be 0 to 36500; 0 keeps dictations for good.".into());
        }
        if self.history.keep_count > 100_000 {
            report("history.keep_count", "The number of dictations must be 0 to 100000; 0 keeps all.".into());
        }
        if self.history.keep_mb > 1_000_000 {
            report("history.keep_mb", "The megabytes must be 0 to 1000000; 0 keeps all recordings.".into());
        }
        problems
    }

    /// The hotkey; Ctrl+Alt+Space if the setting cannot be read, or leaves the choice to the system and nobody has put
    /// the system's choice in its place.
    pub fn hotkey(&self) -> Hotkey {
        self.dictation.hotkey.parse().unwrap_or(Hotkey {
            modifiers: Modifiers { ctrl: true, alt: true, shift: false, meta: false },
            key: Key::Space,
        })
    }

    /// A press of the hotkey shorter than this starts a dictation that the next press ends; a longer one lasts until it is
    /// let go.
    pub fn tap(&self) -> Duration {
        match self.dictation.activation {
            Activation::HoldOrTap => Duration::from_millis(self.dictation.tap_ms.into()),
            Activation::Hold => Duration::ZERO,
            Activation::Tap => Duration::MAX,
        }
    }

    /// The keys that cancel while Tawk listens: Escape, and Escape while the hotkey's modifiers are held. None if the
    /// setting says so, or if Escape is the hotkey's own key.
    pub fn cancel_keys(&self) -> Vec<Hotkey> {
        let hotkey = self.hotkey();
        if !self.dictation.escape_cancels || hotkey.key == Key::Escape {
            return Vec::new();
        }
        let modifiers = match hotkey.key {
            Key::Modifier(key) => key.modifiers(),
            _ => hotkey.modifiers,
        };
        let mut keys = vec![Hotkey { modifiers: Modifiers::default(), key: Key::Escape }];
        if !modifiers.is_empty() {
            keys.push(Hotkey { modifiers, key: Key::Escape });
        }
        keys
    }

    /// The microphones to open, the first of them that is connected; at least one.
    pub fn microphones(&self) -> Vec<MicrophoneChoice> {
        self.microphone.list().iter().map(PreferredMicrophone::choice).collect()
    }

    /// The channel to hear.
    pub fn channel(&self) -> ChannelChoice {
        self.microphone.channel()
    }

    /// The language to recognise; `None` to detect it.
    pub fn language(&self) -> Option<&str> {
        match self.dictation.language.as_str() {
            "auto" => None,
            code => Some(code),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults_are_valid() {
        assert_eq!(Settings::default().problems(), []);
        assert_eq!(Settings::default().hotkey().to_string(), "Ctrl+Alt+Space");
    }

    #[test]
    fn each_bound_is_reported_by_its_key() {
        let mut settings = Settings::default();
        settings.dictation.hotkey = "Q".into();
        settings.dictation.tap_ms = 1;
        settings.dictation.language = "klingon".into();
        settings.microphone.channel = "0".into();
        settings.microphone.pre_roll_ms = 1_001;
        settings.typing.pace_ms = f64::NAN;
        settings.typing.chunk_units = 21;
        settings.sound.volume = 1.5;
        settings.history.keep_days = 36_501;
        settings.history.keep_count = 100_001;
        settings.history.keep_mb = 1_000_001;
        let keys: Vec<_> = settings.problems().into_iter().map(|p| p.key).collect();
        assert_eq!(
            keys,
            [
                "dictation.hotkey",
                "dictation.tap_ms",
                "dictation.language",
                "microphone.channel",
                "microphone.pre_roll_ms",
                "typing.pace_ms",
                "typing.chunk_units",
                "sound.volume",
                "history.keep_days",
                "history.keep_count",
                "history.keep_mb"
            ]
        );
    }

    #[test]
    fn the_activation_decides_what_a_tap_is() {
        let mut settings = Settings::default();
        assert_eq!(settings.tap(), Duration::from_millis(300));
        settings.dictation.activation = Activation::Hold;
        assert_eq!(settings.tap(), Duration::ZERO);
        settings.dictation.activation = Activation::Tap;
        assert_eq!(settings.tap(), Duration::MAX);
    }

    #[test]
    fn escape_cancels_also_while_the_hotkey_is_held() {
        let mut settings = Settings::default();
        let keys = |settings: &Settings| settings.cancel_keys().iter().map(Hotkey::to_string).collect::<Vec<_>>();
        assert_eq!(keys(&settings), ["Escape", "Ctrl+Alt+Escape"]);
        settings.dictation.hotkey = "RightOption".into();
        assert_eq!(keys(&settings), ["Escape", "Alt+Escape"]);
        settings.dictation.hotkey = "Fn".into();
        assert_eq!(keys(&settings), ["Escape"]);
        settings.dictation.hotkey = "Ctrl+Escape".into();
        assert_eq!(keys(&settings), [""; 0]);
        settings.dictation.hotkey = "F13".into();
        settings.dictation.escape_cancels = false;
        assert_eq!(keys(&settings), [""; 0]);
    }
}

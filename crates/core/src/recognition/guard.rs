//! What was written but not said. In doubt it was said.

use std::time::Duration;

use super::speed::least_time;
use super::{Recognition, Withheld, WithheldReason, phantom, repetition};

/// OpenAI's `no_speech_threshold` (whisper/transcribe.py): above it the model says that nobody speaks.
const NO_SPEECH: f32 = 0.6;

/// OpenAI's `logprob_threshold` (whisper/transcribe.py): a text whose tokens are less likely on average is doubtful.
/// There too only both together make silence of a text.
pub const DOUBTFUL_LOG_PROBABILITY: f32 = -1.0;

/// Below this the loudest moment of a segment is a quiet room's noise; speech is at -50 to -15 dBFS, at -60 dBFS still into
/// a microphone that is set far too low.
const SILENT_DBFS: f32 = -60.0;

/// Steady noise varies by 1 to 4 dB between its 32 ms pieces, with keys clicking in it by 5; speech by 73 in the
/// test audio, by 9 with white noise 3 dB below it. The swing is at most 3.1, for speech 10.8 and in that noise 7.1.
const STEADY_DB: f32 = 6.0;
const STEADY_SWING_DB: f32 = 3.5;

/// At and above these two a voice is clear, and the model's own doubt does not count against it.
const CLEAR_DBFS: f32 = -50.0;
const CLEAR_CONTRAST_DB: f32 = 15.0;

/// A text that is so many letters long and stands in the prompt may be the prompt, told again. Shorter ones are common
/// words.
const LEAST_ECHO: usize = 8;

/// How loud a segment is, whatever its text.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Loudness {
    /// The level of the loudest 100 ms, in dBFS.
    pub loudest_dbfs: f32,
    /// How far the loud moments (the 95th percentile of pieces of 32 ms) stand out from the quiet ones (the 10th), in dB.
    pub contrast_db: f32,
    /// How far they stand out from the middle (the 40th), in dB: what begins suddenly and is steady then has a large
    /// contrast and a small swing.
    pub swing_db: f32,
}

impl Loudness {
    /// Whether nothing stands out: no syllables, no words.
    fn is_steady(&self) -> bool {
        self.contrast_db < STEADY_DB || self.swing_db < STEADY_SWING_DB
    }

    /// Whether `text` can hardly have been said: all is as quiet as a room, or the voice was too short by far.
    fn is_near_silence(&self, text: &str, voiced: Duration) -> bool {
        // Detectors miss soft beginnings and ends: half of the least time is left to them.
        self.loudest_dbfs < SILENT_DBFS || voiced * 2 < least_time(text)
    }

    /// Whether somebody speaks clearly, for long enough to say `text`.
    fn is_clear_voice(&self, text: &str, voiced: Duration) -> bool {
        self.loudest_dbfs >= CLEAR_DBFS && self.contrast_db >= CLEAR_CONTRAST_DB && voiced >= least_time(text)
    }
}

/// Why `text` might be an invention. The sound decides.
pub fn suspicion(text: &str, prompt: &str, log_probability: Option<f32>) -> Option<WithheldReason> {
    let letters = phantom::letters(text);
    if letters.is_empty() {
        None
    } else if phantom::is_phantom(text) {
        Some(WithheldReason::KnownPhrase)
    } else if letters.chars().count() >= LEAST_ECHO && phantom::letters(prompt).contains(&letters) {
        Some(WithheldReason::Prompt)
    } else if log_probability.is_some_and(|mean| mean < DOUBTFUL_LOG_PROBABILITY) {
        Some(WithheldReason::NoSpeech)
    } else {
        None
    }
}

impl Recognition {
    /// Takes out of the text what the sound says was not spoken.
    ///
    /// `prompt` is what the recogniser was given, `length` the segment's. `voiced`, how long a voice is found in it, is
    /// asked only where the text is suspect, so that it costs nothing otherwise.
    #[must_use]
    pub fn guarded(
        mut self,
        prompt: &str,
        length: Duration,
        loudness: Loudness,
        voiced: impl FnOnce() -> Duration,
    ) -> Self {
        if loudness.is_steady() && !self.text.is_empty() {
            self.withhold_all(WithheldReason::SteadyNoise);
            return self;
        }
        // A decoder in circles writes far more than anybody can say in the time.
        if least_time(&self.text) > length
            && let Some(extra) = repetition::repeats(&self.text)
        {
            let said = format!("{} {}", self.text[..extra.start].trim_end(), self.text[extra.end..].trim_start());
            self.withhold(said.trim().to_owned(), extra, WithheldReason::Repetition);
        }
        let Some(reason) = suspicion(&self.text, prompt, self.log_probability) else { return self };
        let voiced = voiced();
        let model_doubts = self.no_speech.is_some_and(|no_speech| no_speech > NO_SPEECH);
        let silent = match reason {
            // Words that nobody is known to invent: the model itself has to say that it heard nothing.
            WithheldReason::NoSpeech => false,
            _ => loudness.is_near_silence(&self.text, voiced),
        };
        if silent || (model_doubts && !loudness.is_clear_voice(&self.text, voiced)) {
            self.withhold_all(reason);
        }
        self
    }

    fn withhold_all(&mut self, reason: WithheldReason) {
        let all = 0..self.text.len();
        self.withhold(String::new(), all, reason);
    }

    fn withhold(&mut self, said: String, unsaid: std::ops::Range<usize>, reason: WithheldReason) {
        let text = self.text[unsaid].trim().to_owned();
        self.withheld.push(Withheld { text, reason });
        self.text = said;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLEAR: Loudness = Loudness { loudest_dbfs: -25.0, contrast_db: 35.0, swing_db: 15.0 };
    const QUIET: Loudness = Loudness { loudest_dbfs: -65.0, ..CLEAR };
    const STEADY: Loudness = Loudness { contrast_db: 3.0, ..CLEAR };
    const SETS_IN: Loudness = Loudness { swing_db: 1.0, ..CLEAR };
    const FAINT: Loudness = Loudness { loudest_dbfs: -55.0, contrast_db: 10.0, ..CLEAR };

    fn heard(text: &str, no_speech: Option<f32>, log_probability: Option<f32>) -> Recognition {
        Recognition { text: text.into(), no_speech, log_probability, ..Recognition::default() }
    }

    fn guarded(heard: Recognition, loudness: Loudness, voiced: u64) -> (String, Vec<(String, WithheldReason)>) {
        let voiced = Duration::from_millis(voiced);
        let after = heard.guarded("Ferris, Tokio, Kubernetes", Duration::from_secs(3), loudness, || voiced);
        (after.text, after.withheld.into_iter().map(|part| (part.text, part.reason)).collect())
    }

    #[test]
    fn a_known_phrase_is_withheld_where_it_is_near_silent() {
        for (loudness, voiced) in [(QUIET, 600), (CLEAR, 64)] {
            let withheld = vec![("Thank you.".to_owned(), WithheldReason::KnownPhrase)];
            assert_eq!(guarded(heard("Thank you.", None, None), loudness, voiced), (String::new(), withheld));
        }
        assert_eq!(guarded(heard("Thank you.", Some(0.9), None), FAINT, 600).0, "");
    }

    #[test]
    fn nobody_speaks_in_steady_noise_whatever_is_written() {
        for loudness in [STEADY, SETS_IN] {
            let withheld = vec![("My keyboard is on Monday.".to_owned(), WithheldReason::SteadyNoise)];
            let after = guarded(heard("My keyboard is on Monday.", None, None), loudness, 2_000);
            assert_eq!(after, (String::new(), withheld));
        }
        assert_eq!(guarded(heard("", None, None), STEADY, 0), (String::new(), vec![]));
    }

    #[test]
    fn whoever_says_it_gets_it() {
        for no_speech in [None, Some(0.1), Some(0.9)] {
            assert_eq!(guarded(heard("Thank you.", no_speech, Some(-2.0)), CLEAR, 600).0, "Thank you.");
        }
        for no_speech in [None, Some(0.1)] {
            assert_eq!(
                guarded(heard("Thank you.", no_speech, None), FAINT, 600).0,
                "Thank you.",
                "in doubt it was said"
            );
        }
        for (loudness, voiced) in [(QUIET, 600), (CLEAR, 64)] {
            assert_eq!(guarded(heard("Thank you, Anna.", None, None), loudness, voiced).0, "Thank you, Anna.");
        }
    }

    #[test]
    fn a_prompt_that_is_told_again_is_withheld() {
        let withheld = vec![("Tokio, Kubernetes.".to_owned(), WithheldReason::Prompt)];
        assert_eq!(guarded(heard("Tokio, Kubernetes.", None, None), CLEAR, 100), (String::new(), withheld));
        assert_eq!(guarded(heard("Tokio, Kubernetes.", None, None), CLEAR, 2_000).0, "Tokio, Kubernetes.");
        assert_eq!(guarded(heard("Tokio.", None, None), CLEAR, 64).0, "Tokio.");
    }

    #[test]
    fn without_speech_needs_both_signs_and_no_voice() {
        let text = "So we are going to the lake";
        let gone = |no_speech, log_probability, loudness| {
            guarded(heard(text, no_speech, log_probability), loudness, 2_000).0.is_empty()
        };
        assert!(gone(Some(0.7), Some(-1.2), FAINT));
        assert!(!gone(Some(0.5), Some(-1.2), FAINT) && !gone(Some(0.7), Some(-0.9), FAINT));
        assert!(!gone(None, Some(-1.2), QUIET), "a model that cannot say it");
        assert!(!gone(Some(0.9), Some(-3.0), CLEAR));
    }

    #[test]
    fn circles_are_cut_to_one_and_nothing_is_lost() {
        let circles = heard(&format!("We met. {}", "the king of ".repeat(40)), None, None);
        let (text, withheld) = guarded(circles, CLEAR, 3_000);
        assert_eq!(text, "We met. the king of");
        assert_eq!(withheld, [("the king of ".repeat(39).trim().to_owned(), WithheldReason::Repetition)]);
        // Twelve words in three seconds can be said.
        let said = "no no no no no no no no no no no no";
        assert_eq!(guarded(heard(said, None, None), CLEAR, 3_000), (said.to_owned(), vec![]));
    }

    #[test]
    fn the_voice_is_not_looked_for_without_a_suspicion() {
        let heard = heard("Good morning.", None, Some(-0.2));
        let after = heard.guarded("", Duration::from_secs(1), CLEAR, || panic!("asked"));
        assert_eq!(after.text, "Good morning.");
    }
}

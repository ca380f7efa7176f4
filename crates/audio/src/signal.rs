//! Whether a microphone's sound is of any use, while it is being heard.

/// So much sound in which every sample is exactly zero, in ms, comes from a microphone that is muted or withheld: real air
/// never is that quiet. Short enough to be told within a second, longer than a headset's gate closes between words.
const SILENT_MS: u64 = 800;

/// The length of what is judged for clipping at a time, in ms.
const WINDOW_MS: u64 = 500;

/// A sample of at least this magnitude stands at the converter's end: 16-bit audio ends at 0.99997.
const FULL_SCALE: f32 = 0.999;

/// A sound is cut off when this share of a window's samples, at least, stands at full scale. Measured with the windows of
/// the demo sentences that hold a voice: at the loudest that still fits, 0.03 % at most; cut off by 6 dB, 0.09 to 4.3 %
/// (nine windows of ten are above this share); by 12 dB, 2.7 to 19 %.
const CLIPPED_SHARE: f64 = 0.005;

/// After so many windows that are not cut off, 3 s, the warning is taken back.
const CLEAN_WINDOWS: u32 = 6;

/// What is wrong with a microphone's sound.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// Nothing but zeros.
    Silent,
    /// Cut off at full scale: too loud for the converter.
    Clipped,
}

/// Watches a microphone's sound (mono) for flaws.
#[derive(Debug)]
pub struct SignalWatch {
    /// Samples a millisecond, times 1000.
    rate: u64,
    /// Zeros in a row until now.
    zeros: u64,
    /// Of the present window: samples, and those at full scale.
    window: (u64, u64),
    /// Windows since the last that was cut off.
    clean: u32,
    clipped: bool,
    told: Option<Flaw>,
}

impl SignalWatch {
    /// For sound of `rate` Hz.
    pub fn new(rate: u32) -> Self {
        Self { rate: rate.into(), zeros: 0, window: (0, 0), clean: 0, clipped: false, told: None }
    }

    /// Takes sound (-1.0..=1.0). Returns what is wrong now (`Some(None)`: nothing any more) when that has changed.
    pub fn push(&mut self, mono: &[f32]) -> Option<Option<Flaw>> {
        for &sample in mono {
            self.zeros = if sample == 0.0 { self.zeros + 1 } else { 0 };
            self.window.0 += 1;
            self.window.1 += u64::from(sample.abs() >= FULL_SCALE);
            if self.window.0 * 1_000 >= self.rate * WINDOW_MS {
                self.judge_window();
            }
        }
        let flaw = if self.zeros * 1_000 >= self.rate * SILENT_MS {
            Some(Flaw::Silent)
        } else {
            self.clipped.then_some(Flaw::Clipped)
        };
        (flaw != self.told).then(|| {
            self.told = flaw;
            flaw
        })
    }

    fn judge_window(&mut self) {
        let (all, full) = std::mem::take(&mut self.window);
        if full as f64 >= all as f64 * CLIPPED_SHARE {
            self.clipped = true;
            self.clean = 0;
        } else {
            self.clean += 1;
            self.clipped &= self.clean < CLEAN_WINDOWS;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode_file, mono_16k};

    fn sentence() -> Vec<f32> {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/audio/demo/01.flac");
        mono_16k(&decode_file(file.as_ref()).unwrap(), Default::default()).unwrap()
    }

    /// The sound scaled so that its peak is `db` above full scale, and cut off there.
    fn at_peak(sound: &[f32], db: f32) -> Vec<f32> {
        let peak = sound.iter().fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        let gain = 10_f32.powf(db / 20.0) / peak;
        sound.iter().map(|sample| (sample * gain).clamp(-1.0, 1.0)).collect()
    }

    /// What is told about the sound, with the millisecond.
    fn told(sound: &[f32]) -> Vec<(Option<Flaw>, usize)> {
        let mut watch = SignalWatch::new(16_000);
        let pieces = sound.chunks(160).enumerate();
        pieces.filter_map(|(at, piece)| Some((watch.push(piece)?, at * 10 + 10))).collect()
    }

    #[test]
    fn speech_at_any_level_up_to_full_scale_is_not_remarked() {
        for db in [-40.0, -20.0, -6.0, -0.1] {
            assert_eq!(told(&at_peak(&sentence(), db)), [], "{db} dB");
        }
    }

    #[test]
    fn zeros_are_told_within_a_second_and_taken_back_with_the_first_sound() {
        let mut sound = vec![0.0; 16_000];
        sound.extend(at_peak(&sentence(), -6.0));
        let told = told(&sound);
        assert_eq!(told[0], (Some(Flaw::Silent), 800));
        assert_eq!(told[1].0, None);
        assert_eq!(told.len(), 2);
    }

    #[test]
    fn a_microphone_that_is_far_too_loud_is_told_within_a_second_of_speech() {
        let sentence = sentence();
        let begin = sentence.iter().position(|sample| sample.abs() > 0.05).unwrap() / 16;
        let loud = at_peak(&sentence, 12.0);
        let (flaw, at) = told(&loud)[0];
        assert_eq!(flaw, Some(Flaw::Clipped));
        assert!(at <= begin + 1_000, "told at {at} ms, speech begins at {begin} ms");
        // Turned down, it is taken back after a while.
        let mut mended = loud;
        mended.extend(at_peak(&sentence, -6.0).repeat(3));
        assert_eq!(told(&mended).last().unwrap().0, None);
    }

    #[test]
    fn a_single_peak_is_not_clipping() {
        let mut sound = at_peak(&sentence(), -6.0);
        let middle = sound.len() / 2;
        sound[middle..middle + 20].fill(1.0);
        assert_eq!(told(&sound), []);
    }
}

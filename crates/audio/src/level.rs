//! How loud a piece of sound is.

/// What digital silence measures, in dBFS: below the noise of 16-bit audio.
pub const FLOOR_DBFS: f32 = -120.0;

/// A sample at or above this magnitude stands at the converter's end.
const CLIP_MAGNITUDE: f32 = 0.999;

/// So many samples in a row at the end of the scale are clipping; one alone is a loud peak.
const CLIP_RUN: usize = 3;

/// The level of one piece of sound, usually a hop of 10 to 50 ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// The largest magnitude, in dBFS; at least [`FLOOR_DBFS`].
    pub peak_dbfs: f32,
    /// The root mean square, in dBFS (a full-scale sine measures -3); at least [`FLOOR_DBFS`].
    pub rms_dbfs: f32,
    /// Whether the sound is cut off at full scale.
    pub clipped: bool,
    /// Whether every sample is exactly zero: a muted or dead input, which real air never is.
    pub is_digital_silence: bool,
}

impl Level {
    /// Measures `samples` (-1.0..=1.0, any number of interleaved channels). Nothing measures as digital silence.
    pub fn of(samples: &[f32]) -> Self {
        let mut peak = 0.0_f32;
        let mut square = 0.0_f64;
        let mut run = 0;
        let mut clipped = false;
        for &sample in samples {
            let magnitude = if sample.is_finite() { sample.abs() } else { 0.0 };
            peak = peak.max(magnitude);
            square += f64::from(magnitude) * f64::from(magnitude);
            run = if magnitude >= CLIP_MAGNITUDE { run + 1 } else { 0 };
            clipped |= run >= CLIP_RUN;
        }
        let rms = (square / samples.len().max(1) as f64).sqrt() as f32;
        Self { peak_dbfs: dbfs(peak), rms_dbfs: dbfs(rms), clipped, is_digital_silence: peak == 0.0 }
    }
}

/// An amplitude (1.0 is full scale) in dBFS; at least [`FLOOR_DBFS`].
fn dbfs(amplitude: f32) -> f32 {
    (20.0 * amplitude.log10()).max(FLOOR_DBFS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_scale_sine_peaks_at_0_and_measures_minus_3() {
        let sine: Vec<f32> = (0..1600).map(|n| (n as f32 * std::f32::consts::TAU / 16.0).sin()).collect();
        let level = Level::of(&sine);
        assert!(level.peak_dbfs.abs() < 0.01, "{level:?}");
        assert!((level.rms_dbfs + 3.01).abs() < 0.02, "{level:?}");
        assert!(!level.clipped && !level.is_digital_silence);
    }

    #[test]
    fn silence_is_the_floor() {
        for silence in [vec![], vec![0.0; 256]] {
            let level = Level::of(&silence);
            assert_eq!(level.peak_dbfs, FLOOR_DBFS);
            assert_eq!(level.rms_dbfs, FLOOR_DBFS);
            assert!(level.is_digital_silence);
        }
        assert!(!Level::of(&[0.0, 1e-6, 0.0]).is_digital_silence);
    }

    #[test]
    fn clipping_is_a_run_at_full_scale() {
        assert!(Level::of(&[0.5, 1.0, 1.0, 1.0, 0.5]).clipped);
        assert!(Level::of(&[0.5, 1.0, -1.0, 1.0, 0.5]).clipped);
        assert!(!Level::of(&[0.5, 1.0, 0.9, 1.0, 0.5]).clipped);
    }

    #[test]
    fn what_is_no_number_counts_as_silence() {
        assert_eq!(Level::of(&[f32::NAN, f32::INFINITY]).peak_dbfs, FLOOR_DBFS);
    }
}

//! How loud a piece of sound is over its length, and how much of it is voice.

use std::time::Duration;

use tawk_core::SAMPLE_RATE;
use tawk_core::recognition::Loudness;

use crate::segmenter::HOP;
use crate::{FLOOR_DBFS, Level, Segmenter, SegmenterConfig};

/// So many samples (32 ms) make one piece whose level counts: longer than a period of any voice, shorter than a syllable.
const PIECE: usize = 2 * HOP;

/// So many pieces (96 ms) make the loudest moment.
const MOMENT: usize = 3;

/// Measures `samples` (mono, [`SAMPLE_RATE`]).
pub fn loudness(samples: &[f32]) -> Loudness {
    let levels: Vec<f32> = samples.chunks(PIECE).map(|piece| Level::of(piece).rms_dbfs).collect();
    let mut ordered = levels.clone();
    ordered.sort_by(f32::total_cmp);
    let at = |share: f32| ordered.get((share * ordered.len() as f32) as usize).copied().unwrap_or(FLOOR_DBFS);
    let moments = levels.windows(MOMENT.min(levels.len()).max(1));
    let loudest = moments.map(|moment| moment.iter().sum::<f32>() / moment.len() as f32);
    Loudness {
        loudest_dbfs: loudest.fold(FLOOR_DBFS, f32::max),
        contrast_db: at(0.95) - at(0.1),
        swing_db: at(0.95) - at(0.4),
    }
}

/// How long a voice is found in `samples` (mono, [`SAMPLE_RATE`]). Takes 0.6 ms for each second of them.
pub fn voiced(samples: &[f32]) -> Duration {
    let mut segmenter = Segmenter::new(SegmenterConfig::default());
    let mut voiced = 0;
    for hop in samples.chunks_exact(HOP) {
        segmenter.push(hop, &mut Vec::new());
        voiced += usize::from(segmenter.hop_is_voiced());
    }
    Duration::from_secs_f64((voiced * HOP) as f64 / f64::from(SAMPLE_RATE))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode_file, mono_16k, segments_of};

    fn folder(name: &str) -> Vec<(String, crate::Clip)> {
        let folder = format!("{}/../../tests/audio/{name}", env!("CARGO_MANIFEST_DIR"));
        let files = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.map(|file| (file.display().to_string(), decode_file(&file).unwrap())).collect()
    }

    /// White noise with the RMS of `samples`, less `db`, under them.
    fn in_noise(samples: &[f32], db: f32) -> Vec<f32> {
        let rms = (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt();
        let level = rms * 10_f32.powf(-db / 20.0) * 3_f32.sqrt();
        let mut state = 7_u32;
        let mut next = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / (1 << 23) as f32 - 1.0
        };
        samples.iter().map(|s| s + level * next()).collect()
    }

    #[test]
    fn speech_stands_out_also_in_noise_and_steady_noise_does_not() {
        let (mut contrast, mut swing) = (f32::MAX, f32::MAX);
        let (mut noisy_contrast, mut noisy_swing) = (f32::MAX, f32::MAX);
        for (name, clip) in ["demo", "heldout", "long"].into_iter().flat_map(folder) {
            for segment in segments_of(&clip, Default::default()).unwrap() {
                let heard = loudness(&segment.samples);
                assert!(heard.loudest_dbfs > -40.0, "{name}: {heard:?}");
                contrast = contrast.min(heard.contrast_db);
                swing = swing.min(heard.swing_db);
                let noisy = loudness(&in_noise(&segment.samples, 3.0));
                noisy_contrast = noisy_contrast.min(noisy.contrast_db);
                noisy_swing = noisy_swing.min(noisy.swing_db);
            }
        }
        eprintln!(
            "speech: contrast {contrast:.1}, swing {swing:.1}; noise 3 dB below it: {noisy_contrast:.1}, {noisy_swing:.1}"
        );
        assert!(contrast > 20.0 && swing > 8.0, "{contrast} {swing}");
        assert!(noisy_contrast > 8.0 && noisy_swing > 5.0, "{noisy_contrast} {noisy_swing}");
        for (name, clip) in folder("silence").into_iter().filter(|(name, _)| !name.contains("zero")) {
            let samples = mono_16k(&clip, Default::default()).unwrap();
            let heard = loudness(&samples);
            assert!(heard.contrast_db < 6.0 && heard.swing_db < 3.5, "{name}: {heard:?}");
            assert!(voiced(&samples) < Duration::from_millis(64), "{name}");
        }
    }

    #[test]
    fn a_sentence_is_voiced_for_about_as_long_as_it_takes() {
        let (_, clip) = folder("demo").into_iter().find(|(name, _)| name.ends_with("01.flac")).unwrap();
        let samples = mono_16k(&clip, Default::default()).unwrap();
        let length = samples.len() as f32 / 16_000.0;
        assert!(
            (0.5 * length..length).contains(&voiced(&samples).as_secs_f32()),
            "{:?} of {length} s",
            voiced(&samples)
        );
        assert_eq!(voiced(&[]), Duration::ZERO);
    }

    #[test]
    fn the_level_is_that_of_the_loudest_moment() {
        let mut sound = vec![0.001; 16_000];
        sound[8_192..8_192 + 3 * 512].fill(0.1);
        let heard = loudness(&sound);
        assert!((heard.loudest_dbfs + 20.0).abs() < 0.1, "{heard:?}");
        assert_eq!(loudness(&[]).loudest_dbfs, FLOOR_DBFS);
        assert_eq!(loudness(&[0.0; 700]).contrast_db, 0.0);
        assert_eq!(loudness(&[f32::NAN; 700]).loudest_dbfs, FLOOR_DBFS);
    }
}

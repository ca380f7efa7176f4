//! What can be heard of a voice in a piece of sound.

use std::time::Duration;

use tawk_core::SAMPLE_RATE;
use tawk_core::recognition::Audibility;

use crate::segmenter::HOP;
use crate::{Level, Segmenter, SegmenterConfig};

/// So many hops (32 ms) make one piece whose level counts: longer than a period of any voice, shorter than a syllable.
const PIECE_HOPS: usize = 2;

/// So many pieces (96 ms) make the loudest moment.
const MOMENT: usize = 3;

/// Measures `samples` (mono, [`SAMPLE_RATE`]). Takes 0.6 ms for each second of them.
pub fn audibility(samples: &[f32]) -> Audibility {
    let mut segmenter = Segmenter::new(SegmenterConfig::default());
    let mut voiced = 0;
    for hop in samples.chunks_exact(HOP) {
        segmenter.push(hop, &mut Vec::new());
        voiced += usize::from(segmenter.hop_is_voiced());
    }
    let powers: Vec<f32> = samples.chunks(PIECE_HOPS * HOP).map(|piece| Level::of(piece).rms_dbfs).collect();
    let mut ordered = powers.clone();
    ordered.sort_by(f32::total_cmp);
    let at = |share: f32| ordered.get((share * ordered.len() as f32) as usize).copied().unwrap_or(crate::FLOOR_DBFS);
    let loudest =
        powers.windows(MOMENT.min(powers.len()).max(1)).map(|moment| moment.iter().sum::<f32>() / moment.len() as f32);
    Audibility {
        voiced: Duration::from_secs_f64((voiced * HOP) as f64 / f64::from(SAMPLE_RATE)),
        loudest_dbfs: loudest.fold(crate::FLOOR_DBFS, f32::max),
        contrast_db: at(0.95) - at(0.1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{decode_file, mono_16k};

    fn clip(name: &str) -> Vec<f32> {
        let file = format!("{}/../../tests/audio/{name}", env!("CARGO_MANIFEST_DIR"));
        mono_16k(&decode_file(file.as_ref()).unwrap(), Default::default()).unwrap()
    }

    #[test]
    fn speech_stands_out_and_noise_does_not() {
        for name in ["demo/01.flac", "heldout/007.flac", "long/03.flac"] {
            let heard = audibility(&clip(name));
            assert!(heard.contrast_db > 20.0 && heard.loudest_dbfs > -40.0, "{name}: {heard:?}");
            assert!(heard.voiced > Duration::from_millis(1000), "{name}: {heard:?}");
        }
        for name in ["silence/pink_3s.flac", "silence/white_5s.flac", "silence/hum_4s.flac"] {
            let heard = audibility(&clip(name));
            assert!(heard.contrast_db < 6.0 && heard.voiced < Duration::from_millis(64), "{name}: {heard:?}");
        }
    }

    #[test]
    fn the_level_is_that_of_the_loudest_moment() {
        let mut sound = vec![0.001; 16_000];
        sound[8_192..8_192 + 3 * 512].fill(0.1);
        let heard = audibility(&sound);
        assert!((heard.loudest_dbfs + 20.0).abs() < 0.1, "{heard:?}");
        assert_eq!(audibility(&[]).loudest_dbfs, crate::FLOOR_DBFS);
        assert_eq!(audibility(&[0.0; 700]).contrast_db, 0.0);
        assert_eq!(audibility(&[f32::NAN; 700]).loudest_dbfs, crate::FLOOR_DBFS);
    }
}

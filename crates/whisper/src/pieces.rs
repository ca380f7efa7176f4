//! Cutting what does not fit into one encoder window.

use std::ops::Range;

use tawk_core::SAMPLE_RATE;

/// The longest piece: 28 s, so that the full window of 30 s keeps silence after the speech.
const LONGEST: usize = 28 * SAMPLE_RATE as usize;

/// The cut is looked for in the last 8 s of a piece.
const SEARCHED: usize = 8 * SAMPLE_RATE as usize;

/// Loudness is judged over 100 ms, moved on by a quarter of that.
const LOOK: usize = SAMPLE_RATE as usize / 10;

/// Cuts `samples` into pieces of at most 28 s, each at the quietest place of its last 8 s. They are adjacent and
/// cover everything.
pub(crate) fn pieces(samples: &[f32]) -> Vec<Range<usize>> {
    let mut pieces = Vec::new();
    let mut start = 0;
    while samples.len() - start > LONGEST {
        let from = start + LONGEST - SEARCHED;
        let to = start + LONGEST - LOOK;
        let loudness = |at: &usize| samples[*at..*at + LOOK].iter().map(|s| s * s).sum::<f32>();
        let quietest = (from..to).step_by(LOOK / 4).min_by(|a, b| loudness(a).total_cmp(&loudness(b))).unwrap_or(to);
        let cut = quietest + LOOK / 2;
        pieces.push(start..cut);
        start = cut;
    }
    pieces.push(start..samples.len());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clip_that_fits_stays_whole() {
        for length in [0, 1, LONGEST] {
            assert_eq!(pieces(&vec![0.1; length]), vec![0..length; 1]);
        }
    }

    #[test]
    fn a_long_one_is_cut_in_its_pauses() {
        let mut samples = vec![0.1; 70 * SAMPLE_RATE as usize];
        for second in [24, 49] {
            samples[second * 16_000..second * 16_000 + 3200].fill(0.001);
        }
        let pieces = pieces(&samples);
        assert_eq!(pieces.len(), 3);
        for (piece, second) in pieces.iter().zip([24, 49]) {
            assert!((second * 16_000..second * 16_000 + 3200).contains(&piece.end), "{piece:?}");
        }
        assert!(pieces.windows(2).all(|two| two[0].end == two[1].start));
        assert_eq!(pieces.last().unwrap().end, samples.len());
    }

    #[test]
    fn what_is_no_number_does_no_harm() {
        assert!(pieces(&vec![f32::NAN; 60 * SAMPLE_RATE as usize]).iter().all(|p| p.len() <= LONGEST));
    }
}

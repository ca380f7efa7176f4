//! How much of its 30 s window the encoder works through.

use tawk_core::SAMPLE_RATE;
use tawk_core::recognition::{FULL_ENCODER_WINDOW, MIN_ENCODER_WINDOW};

/// What is left empty after the speech, in units of 20 ms (2.56 s): speech that reaches the window's end can lose
/// its last word.
const MARGIN: u32 = 128;

/// Longer sound gets the full window, in samples (20 s): there a smaller one saves little, and the more is said in it, the
/// more a loop would cost.
const LONGEST_SIZED: usize = 20 * SAMPLE_RATE as usize;

/// The encoder window for `samples` of [`SAMPLE_RATE`], in units of 20 ms.
///
/// `seconds / 30 * 1500 + 128`, which whisper.cpp's issue 1855 found to keep the text and to save two thirds of the
/// time on short clips; never below [`MIN_ENCODER_WINDOW`] (issues 1117 and 1951: below it the decoder starts to
/// loop); [`FULL_ENCODER_WINDOW`] for more than 20 s. A text that looks bad all the same is recognised again in the full
/// window (`doubt`).
pub fn default_encoder_window(samples: usize) -> u32 {
    if samples > LONGEST_SIZED {
        return FULL_ENCODER_WINDOW;
    }
    least_window(samples).saturating_add(MARGIN).clamp(MIN_ENCODER_WINDOW, FULL_ENCODER_WINDOW)
}

/// The window that a run of `samples` gets: what was asked for, raised to what its length needs.
pub(crate) fn window_for(samples: usize, asked: Option<u32>) -> u32 {
    asked.unwrap_or(FULL_ENCODER_WINDOW).clamp(default_encoder_window(samples), FULL_ENCODER_WINDOW)
}

/// Units that the sound itself fills.
fn least_window(samples: usize) -> u32 {
    let unit = SAMPLE_RATE as usize / 50;
    u32::try_from(samples.div_ceil(unit)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: usize = SAMPLE_RATE as usize;

    #[test]
    fn the_window_grows_with_the_clip() {
        let windows = [0, SECOND, 7 * SECOND, 8 * SECOND, 12 * SECOND, 20 * SECOND, 20 * SECOND + 1, 60 * SECOND];
        assert_eq!(windows.map(default_encoder_window), [512, 512, 512, 528, 728, 1128, 1500, 1500]);
        assert_eq!(default_encoder_window(usize::MAX), 1500);
    }

    #[test]
    fn what_is_asked_for_is_raised_but_never_lowered_below_the_need() {
        assert_eq!(window_for(SECOND, None), 1500);
        assert_eq!(window_for(SECOND, Some(0)), 512);
        assert_eq!(window_for(SECOND, Some(768)), 768);
        assert_eq!(window_for(12 * SECOND, Some(512)), 728);
        assert_eq!(window_for(SECOND, Some(9999)), 1500);
    }
}

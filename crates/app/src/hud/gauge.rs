//! The level of what is heard, on its way from the capture to the panel.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tawk_audio::Level;

/// Holds the loudest level since it was looked at last. Neither side ever waits for the other.
#[derive(Clone, Debug, Default)]
pub(crate) struct Gauge(Arc<AtomicU32>);

/// What is stored: hundredths of a dB above this, in dBFS, so that louder is more and nothing is 0.
const ZERO: f32 = -200.0;
const STEPS: f32 = 100.0;

impl Gauge {
    /// Measures samples (-1.0..=1.0).
    pub(crate) fn push(&self, samples: &[f32]) {
        if !samples.is_empty() {
            let steps = ((Level::of(samples).rms_dbfs - ZERO) * STEPS).max(1.0) as u32;
            self.0.fetch_max(steps, Ordering::Relaxed);
        }
    }

    /// The loudest level (root mean square, in dBFS) since the last call; `None` when nothing was heard.
    pub(crate) fn take(&self) -> Option<f32> {
        match self.0.swap(0, Ordering::Relaxed) {
            0 => None,
            steps => Some(steps as f32 / STEPS + ZERO),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_loudest_counts_once() {
        let gauge = Gauge::default();
        assert_eq!(gauge.take(), None);
        let there = gauge.clone();
        there.push(&[]);
        assert_eq!(gauge.take(), None);
        there.push(&[0.1; 100]);
        there.push(&[0.001; 100]);
        assert!((gauge.take().unwrap() + 20.0).abs() < 0.02);
        there.push(&[0.0; 100]);
        assert!((gauge.take().unwrap() + 120.0).abs() < 0.02);
        assert_eq!(gauge.take(), None);
    }
}

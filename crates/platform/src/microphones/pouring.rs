//! What the system delivers, into the ring. Runs on the audio callback: no lock, no allocation.

use std::sync::Arc;
use std::time::Duration;

use rtrb::Producer;

use super::shared::Shared;

/// The callback's end of one microphone.
pub(crate) struct Pouring {
    ring: Producer<f32>,
    shared: Arc<Shared>,
    channels: usize,
}

impl Pouring {
    pub(super) fn new(ring: Producer<f32>, shared: Arc<Shared>, channels: u16) -> Self {
        Self { ring, shared, channels: usize::from(channels.max(1)) }
    }

    /// Takes interleaved samples, as many whole frames as fit. `age` is how long ago the last of them was heard.
    pub(crate) fn pour(&mut self, samples: impl ExactSizeIterator<Item = f32>, age: Duration) {
        // After a fault nobody vouches for what comes.
        if self.shared.is_over() {
            return;
        }
        let all = samples.len() / self.channels;
        let frames = all.min(self.ring.slots() / self.channels);
        if let Ok(chunk) = self.ring.write_chunk_uninit(frames * self.channels) {
            chunk.fill_from_iter(samples.map(sane));
        }
        self.shared.heard(age, all - frames);
    }
}

/// A sample within -1.0..=1.0. What is no number becomes silence: one NaN would spoil every filter after it.
fn sane(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::RingBuffer;

    fn pour(samples: &[f32], room: usize, channels: u16) -> (Vec<f32>, u64) {
        let (producer, mut consumer) = RingBuffer::new(room);
        let shared = Arc::new(Shared::new(std::thread::current()));
        Pouring::new(producer, Arc::clone(&shared), channels).pour(samples.iter().copied(), Duration::ZERO);
        (std::iter::from_fn(|| consumer.pop().ok()).collect(), shared.overruns())
    }

    #[test]
    fn floats_outside_the_range_are_cut_and_no_number_is_silence() {
        let (heard, _) = pour(&[2.0, -3.0, f32::NAN, f32::INFINITY, 0.5], 8, 1);
        assert_eq!(heard, [1.0, -1.0, 0.0, 1.0, 0.5]);
    }

    #[test]
    fn a_full_ring_takes_whole_frames_only_and_counts_the_others() {
        assert_eq!(pour(&[0.1; 8], 5, 2), (vec![0.1; 4], 2));
        assert_eq!(pour(&[0.1; 7], 8, 2), (vec![0.1; 6], 0));
    }
}

//! Samples of any format into the ring, as `f32`. Runs on the audio callback: no lock, no allocation.

use cpal::{Data, FromSample, I24, SampleFormat, U24};
use rtrb::Producer;

/// Whether [`push`] understands `format`.
pub(super) fn is_understood(format: SampleFormat) -> bool {
    use SampleFormat as F;
    matches!(
        format,
        F::I8 | F::I16 | F::I24 | F::I32 | F::I64 | F::U8 | F::U16 | F::U24 | F::U32 | F::U64 | F::F32 | F::F64
    )
}

/// Pushes as many whole frames of `data` as fit and returns their number.
pub(super) fn push(ring: &mut Producer<f32>, data: &Data, channels: usize) -> usize {
    use SampleFormat as F;
    match data.sample_format() {
        F::F32 => fill(ring, data.as_slice::<f32>(), channels, sane),
        F::F64 => fill(ring, data.as_slice::<f64>(), channels, |sample| sane(sample as f32)),
        F::I8 => fill(ring, data.as_slice::<i8>(), channels, f32::from_sample_),
        F::I16 => fill(ring, data.as_slice::<i16>(), channels, f32::from_sample_),
        F::I24 => fill(ring, data.as_slice::<I24>(), channels, from_i24),
        F::I32 => fill(ring, data.as_slice::<i32>(), channels, f32::from_sample_),
        F::I64 => fill(ring, data.as_slice::<i64>(), channels, f32::from_sample_),
        F::U8 => fill(ring, data.as_slice::<u8>(), channels, f32::from_sample_),
        F::U16 => fill(ring, data.as_slice::<u16>(), channels, f32::from_sample_),
        F::U24 => fill(ring, data.as_slice::<U24>(), channels, f32::from_sample_),
        F::U32 => fill(ring, data.as_slice::<u32>(), channels, f32::from_sample_),
        F::U64 => fill(ring, data.as_slice::<u64>(), channels, f32::from_sample_),
        _ => 0,
    }
}

fn fill<T: Copy>(ring: &mut Producer<f32>, samples: Option<&[T]>, channels: usize, to_f32: impl Fn(T) -> f32) -> usize {
    let samples = samples.unwrap_or_default();
    let frames = samples.len().min(ring.slots()) / channels;
    let Ok(chunk) = ring.write_chunk_uninit(frames * channels) else { return 0 };
    chunk.fill_from_iter(samples.iter().map(|&sample| to_f32(sample))) / channels
}

/// A float sample within -1.0..=1.0. What is no number becomes silence: one NaN would spoil every filter after it.
fn sane(sample: f32) -> f32 {
    if sample.is_nan() { 0.0 } else { sample.clamp(-1.0, 1.0) }
}

/// 24 bits in the lower part of an `i32` whose top byte means nothing.
fn from_i24(sample: I24) -> f32 {
    ((sample.inner() << 8) >> 8) as f32 / 8_388_608.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use rtrb::RingBuffer;

    fn through<T: Copy>(samples: &[T], to_f32: impl Fn(T) -> f32) -> Vec<f32> {
        let (mut producer, mut consumer) = RingBuffer::new(16);
        assert_eq!(fill(&mut producer, Some(samples), 1, to_f32), samples.len());
        std::iter::from_fn(|| consumer.pop().ok()).collect()
    }

    #[test]
    fn every_format_keeps_silence_and_full_scale() {
        assert_eq!(through(&[i8::MIN, 0, 64], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[i16::MIN, 0, 16_384], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[i32::MIN, 0, 1 << 30], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[i64::MIN, 0, 1 << 62], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[0_u8, 128, 192], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[0_u16, 32_768, 49_152], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[0_u32, 1 << 31, 3 << 30], f32::from_sample_), [-1.0, 0.0, 0.5]);
        assert_eq!(through(&[-1.0_f64, 0.0, 0.5], |s| sane(s as f32)), [-1.0, 0.0, 0.5]);
    }

    #[test]
    fn twenty_four_bits_ignore_the_top_byte() {
        let samples = [-(1 << 23), 0, 1 << 22].map(I24::new_unchecked);
        assert_eq!(through(&samples, from_i24), [-1.0, 0.0, 0.5]);
        assert_eq!(from_i24(I24::new_unchecked(0x7FC0_0000)), -0.5);
    }

    #[test]
    fn floats_outside_the_range_are_cut_and_no_number_is_silence() {
        assert_eq!(through(&[2.0, -3.0, f32::NAN, f32::INFINITY], sane), [1.0, -1.0, 0.0, 1.0]);
    }

    #[test]
    fn a_full_ring_takes_whole_frames_only() {
        let (mut producer, consumer) = RingBuffer::new(5);
        assert_eq!(fill(&mut producer, Some(&[0.1_f32; 8]), 2, sane), 2);
        assert_eq!(consumer.slots(), 4);
        assert_eq!(fill(&mut producer, Some(&[0.1_f32; 8]), 2, sane), 0);
    }

    #[test]
    fn one_bit_formats_are_not_understood() {
        assert!(is_understood(SampleFormat::I24));
        assert!(!is_understood(SampleFormat::DsdU8));
    }
}

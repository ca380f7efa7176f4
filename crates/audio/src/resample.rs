//! From any rate to [`SAMPLE_RATE`], or to another, in a stream, aligned in time.

use audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler as _};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

/// The rates that a microphone or a file may have, in Hz.
pub(crate) const RATES: std::ops::RangeInclusive<u32> = 4_000..=768_000;

/// About how much input one transform takes, in ms: the delay of live sound, against the sharpness of the
/// anti-aliasing filter. 20 ms puts the filter's edge at about 7.3 kHz.
const BLOCK_MS: u32 = 20;

/// Brings a mono stream to [`SAMPLE_RATE`], or to another rate.
///
/// What comes out does not depend on the sizes of the pieces that go in. The filter's delay is removed: output
/// sample `n` is the sound of the time `n / rate`, and [`Resampler::finish`] fills up to the exact length.
pub struct Resampler {
    input_rate: u32,
    output_rate: u32,
    /// `None` when the input has the right rate already.
    fft: Option<Fft<f32>>,
    /// Input that does not fill a block yet.
    pending: Vec<f32>,
    block_out: Vec<f32>,
    /// Output samples of the filter's delay that are still to be dropped.
    to_drop: usize,
    taken: u64,
    given: u64,
}

impl Resampler {
    /// A resampler from `input_rate` in Hz.
    ///
    /// # Errors
    /// `BadInput` for a rate that no sound has.
    pub fn new(input_rate: u32) -> Result<Self> {
        Self::between(input_rate, SAMPLE_RATE)
    }

    /// A resampler from `input_rate` to `output_rate`, in Hz.
    ///
    /// # Errors
    /// `BadInput` for a rate that no sound has.
    pub fn between(input_rate: u32, output_rate: u32) -> Result<Self> {
        if let Some(rate) = [input_rate, output_rate].into_iter().find(|rate| !RATES.contains(rate)) {
            return Err(bad_rate(rate));
        }
        let mut resampler = Self {
            input_rate,
            output_rate,
            fft: None,
            pending: Vec::new(),
            block_out: Vec::new(),
            to_drop: 0,
            taken: 0,
            given: 0,
        };
        if input_rate != output_rate {
            let fft = Fft::<f32>::new(
                input_rate as usize,
                output_rate as usize,
                block_frames(input_rate, output_rate),
                1,
                FixedSync::Both,
            )
            .map_err(|_| bad_rate(input_rate))?;
            resampler.block_out = vec![0.0; fft.output_frames_max()];
            resampler.to_drop = fft.output_delay();
            resampler.fft = Some(fft);
        }
        Ok(resampler)
    }

    /// Takes `mono` and appends to `out` what is ready.
    pub fn push(&mut self, mono: &[f32], out: &mut Vec<f32>) {
        self.taken += mono.len() as u64;
        if self.fft.is_none() {
            self.given += mono.len() as u64;
            out.extend_from_slice(mono);
            return;
        }
        self.pending.extend_from_slice(mono);
        self.run_blocks(out);
    }

    /// Appends the rest, so that in all `round(input * output_rate / input_rate)` samples came out, and is
    /// ready for another stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let rate = u128::from(self.input_rate);
        let wanted = ((u128::from(self.taken) * u128::from(self.output_rate) * 2 + rate) / (rate * 2)) as u64;
        if let Some(block) = self.fft.as_ref().map(rubato::Resampler::input_frames_next) {
            while self.given < wanted {
                self.pending.resize(self.pending.len().next_multiple_of(block).max(block), 0.0);
                self.run_blocks(out);
            }
            // Before this, no more came out than went in, so that the surplus is of the blocks above.
            out.truncate(out.len() - (self.given - wanted) as usize);
        }
        if let Some(fft) = &mut self.fft {
            fft.reset();
            self.to_drop = fft.output_delay();
        }
        self.pending.clear();
        self.taken = 0;
        self.given = 0;
    }

    fn run_blocks(&mut self, out: &mut Vec<f32>) {
        let Some(fft) = &mut self.fft else { return };
        let mut start = 0;
        while self.pending.len() - start >= fft.input_frames_next() {
            let (frames_in, frames_out) = (fft.input_frames_next(), fft.output_frames_next());
            let input = InterleavedSlice::new(&self.pending[start..start + frames_in], 1, frames_in);
            let output = InterleavedSlice::new_mut(&mut self.block_out[..frames_out], 1, frames_out);
            start += frames_in;
            // The sizes are rubato's own, so that this cannot fail; silence in place of a panic if it did.
            let done = match (input, output) {
                (Ok(input), Ok(mut output)) => fft.process_into_buffer(&input, &mut output, None).is_ok(),
                _ => false,
            };
            if !done {
                self.block_out.fill(0.0);
            }
            let dropped = self.to_drop.min(frames_out);
            self.to_drop -= dropped;
            self.given += (frames_out - dropped) as u64;
            out.extend_from_slice(&self.block_out[dropped..frames_out]);
        }
        self.pending.drain(..start);
    }
}

/// The frames of one block: a multiple of what the ratio of the rates asks for, and twice that, so that the delay
/// (half a block) is a whole number of output samples.
fn block_frames(input_rate: u32, output_rate: u32) -> usize {
    let smallest = input_rate / gcd(input_rate, output_rate);
    let wanted = input_rate * BLOCK_MS / 1000;
    (wanted.div_ceil(smallest).next_multiple_of(2) * smallest) as usize
}

fn gcd(a: u32, b: u32) -> u32 {
    if b == 0 { a } else { gcd(b, a % b) }
}

pub(crate) fn bad_rate(rate: u32) -> Error {
    Error::new(
        ErrorKind::BadInput,
        format!("The sound claims {rate} samples a second, which no recording has. Use one of 8 to 192 kHz."),
    )
}

/// Brings all of `mono` to [`SAMPLE_RATE`] at once.
///
/// # Errors
/// As [`Resampler::new`].
pub fn resample_all(mono: &[f32], input_rate: u32) -> Result<Vec<f32>> {
    let mut resampler = Resampler::new(input_rate)?;
    let mut out = Vec::new();
    resampler.push(mono, &mut out);
    resampler.finish(&mut out);
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::f32::consts::TAU;

    const RATES_TRIED: [u32; 9] = [8_000, 11_025, 16_000, 22_050, 32_000, 44_100, 48_000, 96_000, 192_000];

    fn sine(rate: u32, hz: f32, seconds: f32) -> Vec<f32> {
        (0..(rate as f32 * seconds) as usize).map(|n| 0.5 * (n as f32 / rate as f32 * hz * TAU).sin()).collect()
    }

    #[test]
    fn a_sine_stays_itself_and_in_place() {
        for rate in RATES_TRIED {
            let out = resample_all(&sine(rate, 440.0, 1.0), rate).unwrap();
            let ideal = sine(SAMPLE_RATE, 440.0, 1.0);
            assert_eq!(out.len(), ideal.len(), "{rate}");
            // The first and last 20 ms feel the sine's abrupt ends.
            let middle = 320..ideal.len() - 320;
            let worst = out[middle.clone()].iter().zip(&ideal[middle]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.005, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn it_goes_the_other_way_too() {
        for rate in RATES_TRIED {
            let mut resampler = Resampler::between(SAMPLE_RATE, rate).unwrap();
            let mut out = Vec::new();
            for part in sine(SAMPLE_RATE, 440.0, 1.0).chunks(1_000) {
                resampler.push(part, &mut out);
            }
            resampler.finish(&mut out);
            let ideal = sine(rate, 440.0, 1.0);
            assert_eq!(out.len(), ideal.len(), "{rate}");
            let edge = rate as usize / 50;
            let middle = edge..ideal.len() - edge;
            let worst = out[middle.clone()].iter().zip(&ideal[middle]).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            assert!(worst < 0.005, "{rate} Hz: off by {worst}");
        }
    }

    #[test]
    fn an_impulse_stays_at_its_time() {
        for rate in RATES_TRIED {
            let mut input = vec![0.0; rate as usize / 2];
            input[rate as usize / 4] = 1.0;
            let out = resample_all(&input, rate).unwrap();
            let peak = (0..out.len()).max_by(|&a, &b| out[a].abs().total_cmp(&out[b].abs())).unwrap();
            let ideal = (rate as usize / 4) as f64 * f64::from(SAMPLE_RATE) / f64::from(rate);
            assert!((peak as f64 - ideal).abs() <= 1.0, "{rate} Hz: {peak} in place of {ideal}");
        }
    }

    #[test]
    fn the_length_is_exact_for_any_input() {
        for rate in RATES_TRIED {
            for frames in [0, 1, 2, 7, 159, 160, 161, 1000, 4410, 12_345] {
                let out = resample_all(&vec![0.1; frames], rate).unwrap();
                let ideal = (frames as f64 * f64::from(SAMPLE_RATE) / f64::from(rate)).round();
                assert_eq!(out.len() as f64, ideal, "{frames} frames at {rate} Hz");
            }
        }
    }

    #[test]
    fn the_size_of_the_pieces_does_not_matter() {
        for rate in [16_000, 22_050, 44_100, 48_000] {
            let input = sine(rate, 300.0, 0.7);
            let whole = resample_all(&input, rate).unwrap();
            for piece in [1, 17, 480, 1024, 9999] {
                let mut resampler = Resampler::new(rate).unwrap();
                let mut out = Vec::new();
                for part in input.chunks(piece) {
                    resampler.push(part, &mut out);
                }
                resampler.finish(&mut out);
                assert!(out == whole, "pieces of {piece} at {rate} Hz");
            }
        }
    }

    #[test]
    fn it_can_be_used_again() {
        let input = sine(48_000, 300.0, 0.1);
        let mut resampler = Resampler::new(48_000).unwrap();
        let (mut first, mut second) = (Vec::new(), Vec::new());
        for out in [&mut first, &mut second] {
            resampler.push(&input, out);
            resampler.finish(out);
        }
        assert_eq!(first, second);
    }

    #[test]
    fn live_sound_is_at_most_40_ms_behind() {
        for rate in [44_100, 48_000, 96_000] {
            let mut resampler = Resampler::new(rate).unwrap();
            let mut out = Vec::new();
            for part in sine(rate, 300.0, 1.0).chunks(100) {
                resampler.push(part, &mut out);
                let behind = resampler.taken as f64 / f64::from(rate) - out.len() as f64 / f64::from(SAMPLE_RATE);
                assert!(behind < 0.040, "{behind} s at {rate} Hz");
            }
        }
    }

    #[test]
    fn what_no_recording_has_is_refused() {
        for rate in [0, 1, 3_999, 1_000_000, u32::MAX] {
            assert_eq!(Resampler::new(rate).err().map(|e| e.kind), Some(ErrorKind::BadInput));
        }
        for rate in [4_001, 7_919, 47_999, 767_999] {
            assert_eq!(resample_all(&vec![0.1; rate as usize], rate).unwrap().len(), 16_000, "{rate} Hz");
        }
    }
}

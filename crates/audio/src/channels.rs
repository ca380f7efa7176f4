//! From many channels to one.

use tawk_core::microphone::{ChannelChoice, StreamFormat};

/// How long a piece is judged at a time, in ms.
const HOP_MS: u32 = 16;

/// Speech lies above the hum of the mains and below hiss: the band that counts, in Hz.
const BAND_HZ: (f32, f32) = (150.0, 4000.0);

/// Another channel must carry this many times the voice power of the chosen one (6 dB), for [`SWITCH_HOPS`].
const SWITCH_RATIO: f32 = 4.0;

/// 200 ms: longer than a cough, shorter than a word or two.
const SWITCH_HOPS: u32 = 12;

/// A channel that is this many times as strong (20 dB) is taken at once, so that the first word is not lost: the
/// other one carries nothing but the room.
const AT_ONCE_RATIO: f32 = 100.0;

/// Voice power below this (-70 dBFS) moves nothing.
const LEAST_POWER: f32 = 1e-7;

/// A channel's noise floor rises by 6 dB a second at most: slower than any word.
const FLOOR_RISE_PER_HOP: f32 = 1.0224;

/// What is remembered of the voice power fades with a time constant of about 0.8 s: the chosen channel is kept over
/// the pauses between words.
const POWER_KEPT_PER_HOP: f32 = 0.98;

/// Appends one mono sample per frame of `interleaved` to `out`. An incomplete last frame is dropped.
///
/// [`ChannelChoice::Loudest`] takes the channel with the most voice in this slice as a whole; in a stream, use
/// [`ChannelPicker`]. An index that does not exist counts as `Loudest`, so that a microphone with fewer channels
/// than the last one is still heard. Nothing in the result is outside -1.0..=1.0 that was not before.
pub fn to_mono(interleaved: &[f32], channels: u16, choice: ChannelChoice, out: &mut Vec<f32>) {
    let count = usize::from(channels.max(1));
    let frames = interleaved.chunks_exact(count);
    match choice {
        ChannelChoice::Mix => out.extend(frames.map(|frame| frame.iter().sum::<f32>() / count as f32)),
        ChannelChoice::Index(index) if usize::from(index) < count => {
            out.extend(frames.map(|frame| frame[usize::from(index)]));
        }
        _ => {
            let mut bands = vec![Band::new(48_000); count];
            let mut power = vec![0.0_f64; count];
            for frame in frames.clone() {
                for ((sample, band), power) in frame.iter().zip(&mut bands).zip(&mut power) {
                    *power += f64::from(band.power(*sample));
                }
            }
            let loudest = strongest(power.iter().map(|&p| p as f32));
            out.extend(frames.map(|frame| frame[loudest]));
        }
    }
}

/// Makes one channel of a stream by a [`ChannelChoice`].
///
/// For [`ChannelChoice::Loudest`] it takes the channel with the most voice and keeps it until another has clearly
/// more, so that the choice does not flutter: two channels of the same sound stay on one, a dead channel costs no
/// level, and of eight inputs the live one is heard alone. What is constant in a channel (hum, a fan) counts less
/// and less. Sound is given out one hop of 16 ms at a time, already of the channel that the hop decided for.
#[derive(Clone, Debug)]
pub struct ChannelPicker {
    choice: ChannelChoice,
    channels: usize,
    hop: usize,
    /// Interleaved frames that do not fill a hop yet.
    pending: Vec<f32>,
    states: Vec<ChannelState>,
    chosen: usize,
    rival: usize,
    rival_hops: u32,
}

#[derive(Clone, Debug)]
struct ChannelState {
    band: Band,
    floor: f32,
    voice: f32,
}

impl ChannelPicker {
    /// A picker for a stream of `format`. A format without channels or rate is taken as one channel, 16 kHz.
    pub fn new(format: StreamFormat, choice: ChannelChoice) -> Self {
        let channels = usize::from(format.channels.max(1));
        let rate = if format.rate == 0 { tawk_core::SAMPLE_RATE } else { format.rate };
        let choice = match choice {
            ChannelChoice::Index(index) if usize::from(index) >= channels => ChannelChoice::Loudest,
            other => other,
        };
        let state = ChannelState { band: Band::new(rate), floor: LEAST_POWER, voice: 0.0 };
        Self {
            choice,
            channels,
            hop: (u64::from(rate) * u64::from(HOP_MS) / 1000).max(1) as usize,
            pending: Vec::new(),
            states: vec![state; channels],
            chosen: 0,
            rival: 0,
            rival_hops: 0,
        }
    }

    /// The channel that is heard now, counted from 0; `None` for a mix.
    pub fn chosen(&self) -> Option<u16> {
        match self.choice {
            ChannelChoice::Mix => None,
            ChannelChoice::Index(index) => Some(index),
            ChannelChoice::Loudest => Some(self.chosen as u16),
        }
    }

    /// Takes frames of interleaved samples and appends to `out` what is decided. Frames may be cut anywhere.
    pub fn push(&mut self, interleaved: &[f32], out: &mut Vec<f32>) {
        if self.channels == 1 {
            out.extend_from_slice(interleaved);
            return;
        }
        self.pending.extend_from_slice(interleaved);
        let hop = if self.choice == ChannelChoice::Loudest { self.hop * self.channels } else { self.channels };
        let whole = self.pending.len() / hop * hop;
        let pending = std::mem::take(&mut self.pending);
        if self.choice == ChannelChoice::Loudest {
            for frames in pending[..whole].chunks_exact(hop) {
                self.give_hop(frames, out);
            }
        } else {
            to_mono(&pending[..whole], self.channels as u16, self.choice, out);
        }
        self.pending = pending;
        self.pending.drain(..whole);
    }

    /// Appends the rest of the stream.
    pub fn finish(&mut self, out: &mut Vec<f32>) {
        let pending = std::mem::take(&mut self.pending);
        let whole = pending.len() / self.channels * self.channels;
        if whole > 0 {
            self.give_hop(&pending[..whole], out);
        }
    }

    fn give_hop(&mut self, frames: &[f32], out: &mut Vec<f32>) {
        let before = self.chosen;
        self.decide(frames);
        let (from, to) = (before, self.chosen);
        let count = (frames.len() / self.channels) as f32;
        // A change fades over its hop, so that it does not click.
        out.extend(frames.chunks_exact(self.channels).enumerate().map(|(n, frame)| {
            let part = if from == to { 1.0 } else { n as f32 / count };
            frame[from] * (1.0 - part) + frame[to] * part
        }));
    }

    fn decide(&mut self, frames: &[f32]) {
        let count = (frames.len() / self.channels) as f32;
        for (channel, state) in self.states.iter_mut().enumerate() {
            let power = frames.iter().skip(channel).step_by(self.channels).map(|&s| state.band.power(s)).sum::<f32>();
            let power = power / count;
            state.floor = power.clamp(LEAST_POWER, state.floor * FLOOR_RISE_PER_HOP);
            let voice = (power - 2.0 * state.floor).max(0.0);
            state.voice = (state.voice * POWER_KEPT_PER_HOP).max(voice);
        }
        let strongest = strongest(self.states.iter().map(|state| state.voice));
        let (best, own) = (self.states[strongest].voice, self.states[self.chosen].voice.max(LEAST_POWER));
        if strongest == self.chosen || best <= SWITCH_RATIO * own {
            self.rival_hops = 0;
            return;
        }
        self.rival_hops = if strongest == self.rival { self.rival_hops + 1 } else { 1 };
        self.rival = strongest;
        if self.rival_hops >= SWITCH_HOPS || best > AT_ONCE_RATIO * own {
            self.chosen = strongest;
            self.rival_hops = 0;
        }
    }
}

/// The index of the greatest value; the first of equal ones.
fn strongest(values: impl Iterator<Item = f32>) -> usize {
    let best =
        values.enumerate().fold((0, f32::MIN), |best, (n, value)| if value > best.1 { (n, value) } else { best });
    best.0
}

/// A one-pole high-pass and a one-pole low-pass: roughly the band of the voice.
#[derive(Clone, Debug)]
struct Band {
    low: f32,
    high: f32,
    slow: f32,
    smooth: f32,
}

impl Band {
    fn new(rate: u32) -> Self {
        let step = |hz: f32| 1.0 - (-std::f32::consts::TAU * hz / rate as f32).exp();
        Self { low: step(BAND_HZ.0), high: step(BAND_HZ.1), slow: 0.0, smooth: 0.0 }
    }

    /// The power of the band at this sample; what is no number counts as silence.
    fn power(&mut self, sample: f32) -> f32 {
        let sample = if sample.is_finite() { sample } else { 0.0 };
        self.slow += self.low * (sample - self.slow);
        self.smooth += self.high * (sample - self.slow - self.smooth);
        self.smooth * self.smooth
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RATE: u32 = 16_000;

    /// A voice of sorts: 300 Hz with its overtones, in syllables of 200 ms.
    fn voice(n: usize) -> f32 {
        let t = n as f32 / RATE as f32;
        let syllable = if ((t * 5.0) as u32).is_multiple_of(2) { 1.0 } else { 0.02 };
        let tone: f32 = (1..5).map(|k| (t * 300.0 * k as f32 * std::f32::consts::TAU).sin() / k as f32).sum();
        0.2 * syllable * tone
    }

    /// Noise that is the same on every run.
    fn noise(n: usize, seed: u32) -> f32 {
        let mut x = (n as u32).wrapping_mul(747_796_405).wrapping_add(seed.wrapping_mul(2_891_336_453) | 1);
        x = (x ^ (x >> 15)).wrapping_mul(0x2c1b_3c6d);
        x = (x ^ (x >> 12)).wrapping_mul(0x297a_2d39);
        (x ^ (x >> 15)) as f32 / u32::MAX as f32 * 2.0 - 1.0
    }

    fn frames(seconds: usize, channels: usize, sample: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        (0..seconds * RATE as usize)
            .flat_map(|n| (0..channels).map(move |c| (n, c)))
            .map(|(n, c)| sample(n, c))
            .collect()
    }

    fn pick(interleaved: &[f32], channels: u16, choice: ChannelChoice) -> (Vec<f32>, ChannelPicker) {
        let mut picker = ChannelPicker::new(StreamFormat { rate: RATE, channels }, choice);
        let mut out = Vec::new();
        for part in interleaved.chunks(333) {
            picker.push(part, &mut out);
        }
        picker.finish(&mut out);
        (out, picker)
    }

    fn rms(samples: &[f32]) -> f32 {
        (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt()
    }

    #[test]
    fn the_live_one_of_eight_is_heard_from_its_first_hop() {
        let input = frames(2, 8, |n, c| if c == 5 { voice(n) } else { 0.001 * noise(n, c as u32) });
        let (out, picker) = pick(&input, 8, ChannelChoice::Loudest);
        assert_eq!(picker.chosen(), Some(5));
        assert_eq!(out.len(), 2 * RATE as usize);
        let ideal: Vec<f32> = (0..out.len()).map(voice).collect();
        assert_eq!(out[256..], ideal[256..], "after the fade of the first hop");
    }

    #[test]
    fn a_dead_right_channel_costs_no_level() {
        let input = frames(1, 2, |n, c| if c == 0 { voice(n) } else { 0.0 });
        for choice in [ChannelChoice::Loudest, ChannelChoice::Index(0), ChannelChoice::Index(9)] {
            let (out, _) = pick(&input, 2, choice);
            assert_eq!(out, (0..RATE as usize).map(voice).collect::<Vec<_>>());
            let mut whole = Vec::new();
            to_mono(&input, 2, choice, &mut whole);
            assert_eq!(whole, out);
        }
    }

    #[test]
    fn two_channels_of_one_sound_never_change() {
        // The right one is up to 3 dB stronger now and then, as when the head turns.
        let input = frames(10, 2, |n, c| {
            let turn = if c == 1 && (n / 8000) % 2 == 0 { 1.35 } else { 1.0 };
            voice(n) * turn + 0.001 * noise(n, c as u32)
        });
        let mut picker = ChannelPicker::new(StreamFormat { rate: RATE, channels: 2 }, ChannelChoice::Loudest);
        let mut out = Vec::new();
        for part in input.chunks(512) {
            picker.push(part, &mut out);
            assert_eq!(picker.chosen(), Some(0));
        }
    }

    #[test]
    fn opposite_phase_is_not_cancelled() {
        let input = frames(1, 2, |n, c| if c == 0 { voice(n) } else { -voice(n) });
        let (out, _) = pick(&input, 2, ChannelChoice::Loudest);
        assert!(rms(&out) > 0.05);
        let (mixed, _) = pick(&input, 2, ChannelChoice::Mix);
        assert!(rms(&mixed) < 1e-6, "which is what a mix does");
    }

    #[test]
    fn hum_and_a_fan_do_not_win_over_a_voice() {
        // Channel 0 has mains hum as loud as the voice, channel 1 a fan 12 dB below it, channel 2 the voice.
        let input = frames(8, 3, |n, c| match c {
            0 => 0.3 * (n as f32 / RATE as f32 * 50.0 * std::f32::consts::TAU).sin(),
            1 => 0.05 * noise(n, 1),
            _ => voice(n),
        });
        let mut picker = ChannelPicker::new(StreamFormat { rate: RATE, channels: 3 }, ChannelChoice::Loudest);
        let mut out = Vec::new();
        let (start, rest) = input.split_at(input.len() / 8);
        picker.push(start, &mut out);
        for part in rest.chunks(3 * 256) {
            picker.push(part, &mut out);
            assert_eq!(picker.chosen(), Some(2));
        }
    }

    #[test]
    fn when_the_speaker_changes_the_channel_follows_once() {
        let input =
            frames(8, 2, |n, c| if (n < 4 * RATE as usize) == (c == 0) { voice(n) } else { 0.002 * noise(n, 7) });
        let mut picker = ChannelPicker::new(StreamFormat { rate: RATE, channels: 2 }, ChannelChoice::Loudest);
        let (mut out, mut changes, mut last) = (Vec::new(), 0, Some(0));
        for part in input.chunks(512) {
            picker.push(part, &mut out);
            changes += u32::from(picker.chosen() != last);
            last = picker.chosen();
        }
        assert_eq!((changes, last), (1, Some(1)));
    }

    #[test]
    fn a_mix_is_the_mean_and_an_index_is_that_channel() {
        let input = [0.2, 0.4, -0.2, 0.6, 0.9];
        let (mixed, _) = pick(&input, 2, ChannelChoice::Mix);
        assert!((mixed[0] - 0.3).abs() < 1e-6 && (mixed[1] - 0.2).abs() < 1e-6 && mixed.len() == 2);
        assert_eq!(pick(&input, 2, ChannelChoice::Index(1)).0, [0.4, 0.6]);
    }

    #[test]
    fn silence_and_no_number_do_no_harm() {
        let input = [f32::NAN, 0.0, f32::INFINITY, 0.0].repeat(400);
        assert_eq!(pick(&input, 2, ChannelChoice::Loudest).0.len(), 800);
        assert!(pick(&[], 2, ChannelChoice::Loudest).0.is_empty());
        let mut out = Vec::new();
        to_mono(&[0.5], 0, ChannelChoice::Loudest, &mut out);
        assert_eq!(out, [0.5]);
    }
}

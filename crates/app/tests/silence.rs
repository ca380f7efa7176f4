//! A hundred clips of silence and noise, dictated on the way of live audio (segmenter, drafts, recogniser, guard): no text.
//!
//! The sounds are made here, the same at every run, at levels from -60 to -20 dBFS (RMS).
#![allow(clippy::unwrap_used, unreachable_pub, reason = "a test may panic, and its module is shared with others")]

mod live;

use std::f32::consts::TAU;

use live::Live;
use tawk_core::SAMPLE_RATE;

/// How long each clip lasts.
const SECONDS: usize = 3;

const LEVELS: [f32; 5] = [-60.0, -50.0, -40.0, -30.0, -20.0];

/// xorshift32: the same noise at every run.
struct Chance(u32);

impl Chance {
    /// Evenly in -1.0..=1.0.
    fn next(&mut self) -> f32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 17;
        self.0 ^= self.0 << 5;
        self.0 as f32 / u32::MAX as f32 * 2.0 - 1.0
    }
}

fn noise(seed: u32) -> Vec<f32> {
    let mut chance = Chance(seed);
    (0..SECONDS * SAMPLE_RATE as usize).map(|_| chance.next()).collect()
}

/// Noise whose power falls by 3 dB an octave: sixteen sources, each changing half as often as the one before (Voss and
/// McCartney).
fn pink(seed: u32) -> Vec<f32> {
    let mut chance = Chance(seed);
    let mut sources = [0.0; 16];
    (0..SECONDS * SAMPLE_RATE as usize)
        .map(|n| {
            sources[(n.trailing_zeros() as usize).min(15)] = chance.next();
            sources.iter().sum()
        })
        .collect()
}

/// `samples` with what is above `hz` weakened by 6 dB an octave, twice.
fn low(mut samples: Vec<f32>, hz: f32) -> Vec<f32> {
    let share = 1.0 - (-TAU * hz / SAMPLE_RATE as f32).exp();
    for _ in 0..2 {
        let mut last = 0.0;
        for sample in &mut samples {
            last += share * (*sample - last);
            *sample = last;
        }
    }
    samples
}

/// `samples` with what is below `hz` weakened.
fn high(samples: &[f32], hz: f32) -> Vec<f32> {
    let below = low(samples.to_vec(), hz);
    samples.iter().zip(below).map(|(sample, below)| sample - below).collect()
}

/// The mains with the harmonics that a transformer or a ground loop adds.
fn hum(hz: f32, seed: u32) -> Vec<f32> {
    let mut chance = Chance(seed);
    let phases: Vec<f32> = (0..5).map(|_| chance.next() * TAU).collect();
    let sample = |n: usize| {
        let at = n as f32 / SAMPLE_RATE as f32;
        let tones = phases.iter().zip([1.0, 0.5, 0.35, 0.15, 0.1]).enumerate();
        tones.map(|(k, (phase, part))| part * (TAU * hz * (k + 1) as f32 * at + phase).sin()).sum::<f32>()
    };
    (0..SECONDS * SAMPLE_RATE as usize).map(|n| sample(n) + 0.02 * chance.next()).collect()
}

/// Key strokes: bursts of bright noise that die away in some 10 ms, a press and a softer release each, over a quiet room.
fn keyboard(seed: u32) -> Vec<f32> {
    let mut chance = Chance(seed);
    let mut samples: Vec<f32> = noise(seed ^ 0x5555).iter().map(|s| s * 0.001).collect();
    let mut at = SAMPLE_RATE as usize / 5;
    while at + 4_000 < samples.len() {
        let held = 900 + ((chance.next() + 1.0) * 400.0) as usize;
        for (begin, loud) in [(at, 1.0), (at + held, 0.4)] {
            for n in 0..800 {
                samples[begin + n] += loud * chance.next() * (-(n as f32) / 90.0).exp();
            }
        }
        at += 1_900 + ((chance.next() + 1.0) * 1_600.0) as usize;
    }
    high(&samples, 900.0)
}

/// Breath: noise between 400 and 4000 Hz that swells for a second and goes.
fn breath(seed: u32) -> Vec<f32> {
    let air = high(&low(noise(seed), 4_000.0), 400.0);
    let swell = |n: usize| (TAU * n as f32 / (1.5 * SAMPLE_RATE as f32)).sin().max(0.0).powi(2);
    air.iter().enumerate().map(|(n, s)| s * (0.003 + swell(n))).collect()
}

/// A fan: noise below 500 Hz with the blades' tone in it.
fn fan(seed: u32) -> Vec<f32> {
    let blades = |n: usize| 0.02 * (TAU * 110.0 * n as f32 / SAMPLE_RATE as f32).sin();
    low(noise(seed), 500.0).iter().enumerate().map(|(n, s)| s + blades(n)).collect()
}

/// `samples` at an RMS of `dbfs`.
fn at_level(samples: &[f32], dbfs: f32) -> Vec<f32> {
    let rms = (samples.iter().map(|s| s * s).sum::<f32>() / samples.len() as f32).sqrt();
    let gain = 10_f32.powf(dbfs / 20.0) / rms.max(f32::MIN_POSITIVE);
    samples.iter().map(|s| (s * gain).clamp(-1.0, 1.0)).collect()
}

type Maker = (&'static str, fn(u32) -> Vec<f32>);

fn clips() -> Vec<(String, Vec<f32>)> {
    const MAKERS: [Maker; 8] = [
        ("white noise", noise),
        ("pink noise", pink),
        ("hum of 50 Hz", |seed| hum(50.0, seed)),
        ("hum of 60 Hz", |seed| hum(60.0, seed)),
        ("keyboard", keyboard),
        ("breath", breath),
        ("fan", fan),
        ("air conditioning", |seed| low(pink(seed), 1_000.0)),
    ];
    let mut clips = Vec::new();
    for level in LEVELS {
        for (name, make) in MAKERS {
            for seed in [0x1234_5678, 0x0bad_cafe] {
                clips.push((format!("{name} at {level} dBFS, seed {seed:x}"), at_level(&make(seed), level)));
            }
        }
        // What sets in suddenly after digital silence, as a microphone that is switched on.
        for (name, make) in &MAKERS[..3] {
            let mut sound = vec![0.0; SAMPLE_RATE as usize];
            sound.extend(&at_level(&make(77), level)[SAMPLE_RATE as usize..]);
            clips.push((format!("{name} that sets in at {level} dBFS"), sound));
        }
        // Noise and clicks together.
        let both: Vec<f32> = keyboard(9).iter().zip(fan(9)).map(|(a, b)| a + b).collect();
        clips.push((format!("keyboard and fan at {level} dBFS"), at_level(&both, level)));
    }
    for seconds in [1, 3, 10] {
        clips.push((format!("{seconds} s of digital silence"), vec![0.0; seconds * SAMPLE_RATE as usize]));
    }
    clips
}

#[test]
fn a_hundred_clips_without_speech_give_no_text() {
    let clips = clips();
    assert!(clips.len() >= 100, "{}", clips.len());
    let live = Live::start();
    let mut wrong = Vec::new();
    let mut recognised = 0;
    for (name, samples) in &clips {
        let heard = live.dictate(samples, f32::INFINITY);
        if heard.timing.segments > 0 {
            recognised += 1;
            eprintln!("{name}: {} segments, {} withheld, {:?}", heard.timing.segments, heard.withheld, heard.text);
        }
        if !heard.text.is_empty() {
            wrong.push(format!("{name}: {:?}", heard.text));
        }
    }
    eprintln!("{} clips, {recognised} of them taken for speech by the segmenter", clips.len());
    assert!(wrong.is_empty(), "{} of {} clips gave text:\n{}", wrong.len(), clips.len(), wrong.join("\n"));
}

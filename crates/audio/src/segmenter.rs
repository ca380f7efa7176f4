//! Hearing where somebody speaks, and cutting there.

use earshot::Detector;
use tawk_core::SAMPLE_RATE;

use crate::cutter::{Cutter, Quiet, Segment, SegmenterConfig};

/// The samples of one hop: 16 ms, what the detector takes.
pub const HOP: usize = 256;

/// A hop at or above this score begins voice: the detector's own advice.
const VOICE_BEGINS: f32 = 0.5;

/// While voice lasts, a hop at or above this score continues it.
const VOICE_LASTS: f32 = 0.35;

/// The level that the detector is fed at, in RMS of the loudest of late (-26 dBFS). It hears speech well down to -40 dBFS, so
/// that a faint microphone has to be brought up to it.
const FED_RMS: f32 = 0.05;

/// No more than this (30 dB) is added: below are the converter's own errors.
const MOST_GAIN: f32 = 32.0;

/// How fast what was loud is forgotten, per hop: 3 dB in a second.
const LOUD_KEPT_PER_HOP: f32 = 0.9945;

/// The detector was made for rooms, in which nothing is quite silent: when it is fresh, or after digital silence, it takes
/// any noise for voice. So it is fed faint noise (-71 dBFS) beneath everything, and a second of that alone before a recording.
const FAINT: f32 = 0.0005;
const PRIMED_HOPS: usize = 64;

/// Finds speech in a stream of mono samples at [`SAMPLE_RATE`] and cuts it at pauses.
///
/// Segments come in order and never overlap, also with their padding: no sample counts twice.
pub struct Segmenter {
    detector: Box<Detector>,
    cutter: Cutter,
    /// Samples that do not fill a hop yet.
    pending: Vec<f32>,
    /// The hop as the detector gets it.
    fed: Vec<f32>,
    noise: Noise,
    /// The RMS of the loudest hop of late.
    loud: f32,
    voiced: bool,
}

impl Segmenter {
    /// A segmenter at the start of a recording.
    pub fn new(config: SegmenterConfig) -> Self {
        let mut segmenter = Self {
            detector: Detector::default_boxed(),
            cutter: Cutter::new(&config, HOP, SAMPLE_RATE),
            pending: Vec::with_capacity(HOP),
            fed: Vec::with_capacity(HOP),
            noise: Noise(1),
            loud: 0.0,
            voiced: false,
        };
        segmenter.begin();
        segmenter
    }

    /// Makes ready for the start of a recording.
    fn begin(&mut self) {
        self.detector.reset();
        self.noise = Noise(1);
        for _ in 0..PRIMED_HOPS {
            self.pending.clear();
            self.pending.resize(HOP, 0.0);
            self.is_voice();
        }
        self.pending.clear();
        self.loud = 0.0;
        self.voiced = false;
    }

    /// Takes the next samples, any number of them, and appends to `out` the segments that they close.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<Segment>) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(HOP - self.pending.len()));
            self.pending.extend(part.iter().map(|&s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
            rest = later;
            if self.pending.len() == HOP {
                self.voiced = self.is_voice();
                self.cutter.push(&self.pending, self.voiced, out);
                self.pending.clear();
            }
        }
    }

    /// Whether the hop in `pending` is voice.
    fn is_voice(&mut self) -> bool {
        let rms = (self.pending.iter().map(|s| s * s).sum::<f32>() / HOP as f32).sqrt();
        self.loud = rms.max(self.loud * LOUD_KEPT_PER_HOP);
        let gain = (FED_RMS / self.loud.max(f32::MIN_POSITIVE)).clamp(1.0, MOST_GAIN);
        self.fed.clear();
        let noise = &mut self.noise;
        self.fed.extend(self.pending.iter().map(|s| (s * gain + FAINT * noise.next()).clamp(-1.0, 1.0)));
        let score = self.detector.predict_f32(&self.fed);
        score >= if self.voiced { VOICE_LASTS } else { VOICE_BEGINS }
    }

    /// Ends the recording: takes the open rest, if somebody spoke in it, and is ready for a new recording.
    pub fn finish(&mut self) -> Option<Segment> {
        let segment = self.cutter.finish(&self.pending);
        self.begin();
        segment
    }

    /// A copy of the segment that is open, as [`Segmenter::finish`] would take it now. Once [`Segmenter::is_voiced`] says
    /// no it stays the same until somebody speaks again, so that it can be recognised ahead.
    pub fn open_segment(&self) -> Option<Segment> {
        self.cutter.open_segment()
    }

    /// The silence at the end of the open segment; `None` when none is open.
    pub fn quiet(&self) -> Option<Quiet> {
        self.cutter.quiet()
    }

    /// Whether somebody speaks, pauses shorter than the hangover included.
    pub fn is_voiced(&self) -> bool {
        self.cutter.is_voiced()
    }
}

/// White noise, the same for every recording: a linear congruential generator with the constants of Numerical Recipes.
struct Noise(u32);

impl Noise {
    /// -1.0..=1.0.
    fn next(&mut self) -> f32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.0 >> 8) as f32 / (1 << 23) as f32 - 1.0
    }
}

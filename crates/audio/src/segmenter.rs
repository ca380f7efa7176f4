//! Hearing where somebody speaks, and cutting there.

use earshot::Detector;
use tawk_core::SAMPLE_RATE;

use crate::cutter::{Cutter, Quiet, Segment, SegmenterConfig};

/// The samples of one hop: 16 ms, what the detector takes.
pub const HOP: usize = 256;

/// A hop at or above this score begins voice. The detector's own advice is 0.5; a sudden fan reaches 0.6.
const VOICE_BEGINS: f32 = 0.6;

/// While voice lasts, a hop at or above this score continues it.
const VOICE_LASTS: f32 = 0.35;

/// The level that the detector is fed at, in RMS of the loudest of late (-26 dBFS). It hears speech well down to -40 dBFS, so
/// that a faint microphone has to be brought up to it.
const FED_RMS: f32 = 0.05;

/// No more than this (30 dB) is added: below are the converter's own errors.
const MOST_GAIN: f32 = 32.0;

/// How fast what was loud is forgotten, per hop: 3 dB in a second.
const LOUD_KEPT_PER_HOP: f32 = 0.9945;

/// Hops of silence that the detector is given before a recording: fresh, it takes any noise for voice at first.
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
            loud: 0.0,
            voiced: false,
        };
        segmenter.begin();
        segmenter
    }

    /// Makes ready for the start of a recording.
    fn begin(&mut self) {
        self.pending.clear();
        self.detector.reset();
        for _ in 0..PRIMED_HOPS {
            self.detector.predict_f32(&[0.0; HOP]);
        }
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
        self.fed.extend(self.pending.iter().map(|s| (s * gain).clamp(-1.0, 1.0)));
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

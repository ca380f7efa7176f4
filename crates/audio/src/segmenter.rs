//! Hearing where somebody speaks, and cutting there.

use earshot::Detector;
use tawk_core::SAMPLE_RATE;

use crate::cutter::{Cutter, Segment, SegmenterConfig};

/// The samples of one hop: 16 ms, what the detector takes.
pub const HOP: usize = 256;

/// A hop at or above this score begins voice.
const VOICE_BEGINS: f32 = 0.5;

/// While voice lasts, a hop at or above this score continues it.
const VOICE_LASTS: f32 = 0.35;

/// Finds speech in a stream of mono samples at [`SAMPLE_RATE`] and cuts it at pauses.
///
/// Segments come in order and never overlap, also with their padding: no sample counts twice.
pub struct Segmenter {
    detector: Box<Detector>,
    cutter: Cutter,
    /// Samples that do not fill a hop yet.
    pending: Vec<f32>,
    voiced: bool,
}

impl Segmenter {
    /// A segmenter at the start of a recording.
    pub fn new(config: SegmenterConfig) -> Self {
        Self {
            detector: Detector::default_boxed(),
            cutter: Cutter::new(&config, HOP, SAMPLE_RATE),
            pending: Vec::with_capacity(HOP),
            voiced: false,
        }
    }

    /// Takes the next samples, any number of them, and appends to `out` the segments that they close.
    pub fn push(&mut self, samples: &[f32], out: &mut Vec<Segment>) {
        let mut rest = samples;
        while !rest.is_empty() {
            let (part, later) = rest.split_at(rest.len().min(HOP - self.pending.len()));
            self.pending.extend(part.iter().map(|&s| if s.is_finite() { s.clamp(-1.0, 1.0) } else { 0.0 }));
            rest = later;
            if self.pending.len() == HOP {
                let score = self.detector.predict_f32(&self.pending);
                self.voiced = score >= if self.voiced { VOICE_LASTS } else { VOICE_BEGINS };
                self.cutter.push(&self.pending, self.voiced, out);
                self.pending.clear();
            }
        }
    }

    /// Ends the recording: takes the open rest, if somebody spoke in it, and is ready for a new recording.
    pub fn finish(&mut self) -> Option<Segment> {
        let segment = self.cutter.finish(&self.pending);
        self.pending.clear();
        self.detector.reset();
        self.voiced = false;
        segment
    }

    /// A copy of the segment that is open, as [`Segmenter::finish`] would take it now. Once [`Segmenter::is_voiced`] says
    /// no it stays the same until somebody speaks again, so that it can be recognised ahead.
    pub fn open_segment(&self) -> Option<Segment> {
        self.cutter.open_segment()
    }

    /// Whether somebody speaks, pauses shorter than the hangover included.
    pub fn is_voiced(&self) -> bool {
        self.cutter.is_voiced()
    }
}

//! What can be read from a journal, whatever has happened to it.

use std::fmt;
use std::time::Duration;

use tawk_core::SAMPLE_RATE;

use super::frame::Frames;
use super::{Fate, Header, Record};

/// The most silence that is filled in, in samples: an hour. More is no gap but a position that cannot be right.
const MOST_MISSING: u64 = 3_600 * SAMPLE_RATE as u64;

/// The text of a segment, as it was recognised while it was spoken.
#[derive(Clone, PartialEq, Eq)]
pub struct RecognisedText {
    /// The index in the recording of the segment's first sample.
    pub start: u64,
    /// The index in the recording after its last voiced sample.
    pub until: u64,
    /// Its text; empty when no word was found in it.
    pub text: String,
}

/// Shows where it stands, never what was said: that belongs in no log.
impl fmt::Debug for RecognisedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RecognisedText({}..{}, {} bytes)", self.start, self.until, self.text.len())
    }
}

/// Everything intact in a journal.
#[derive(Clone, Default, PartialEq)]
pub struct Contents {
    /// The last header; `None` when it is damaged.
    pub header: Option<Header>,
    /// The recording, mono at [`SAMPLE_RATE`]. What is missing in its middle is silence of the same length.
    pub samples: Vec<i16>,
    /// The texts of segments, in the order in which they were recognised.
    pub texts: Vec<RecognisedText>,
    /// What became of it; `None` when Tawk ended in its middle.
    pub fate: Option<Fate>,
    /// How many samples of [`Contents::samples`] are silence in place of what is missing.
    pub missing: u64,
    /// How many bytes could not be read.
    pub damaged: u64,
    /// How many bytes of intact frames say what this version does not know.
    pub unknown: u64,
}

impl Contents {
    /// Reads a journal. Never fails: what is not a journal at all is an empty recording.
    pub fn read(bytes: &[u8]) -> Self {
        let mut contents = Self::default();
        let mut frames = Frames::of(bytes);
        for frame in frames.by_ref() {
            match Record::of(&frame) {
                Some(Record::Header(header)) => contents.header = Some(header),
                Some(Record::Audio { position, samples }) => contents.add(position, &samples),
                Some(Record::Text(text)) => contents.texts.push(text),
                Some(Record::Fate(fate)) => contents.fate = Some(fate),
                None => contents.unknown += frame.payload.len() as u64,
            }
        }
        contents.damaged = frames.damaged();
        contents
    }

    fn add(&mut self, position: u64, samples: &[i16]) {
        let end = self.samples.len() as u64;
        match position.checked_sub(end) {
            // There already, whole or in part: a write that was repeated.
            None => samples.get((end - position) as usize..).into_iter().for_each(|new| self.samples.extend(new)),
            Some(gap) => {
                if self.missing.saturating_add(gap) <= MOST_MISSING {
                    self.samples.resize(position as usize, 0);
                    self.missing += gap;
                }
                self.samples.extend(samples);
            }
        }
    }

    /// The recording's length.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(SAMPLE_RATE))
    }

    /// How much of the sound is missing or could not be read, about: where sound is damaged, its length is guessed from the bytes.
    pub fn unread(&self) -> Duration {
        // Damage in the middle is a gap as well.
        let samples = self.missing.max(self.damaged / 2);
        Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE))
    }

    /// Whether there is something in it, but no sound that could be read. An empty journal, or one in which nothing was
    /// heard yet, is not lost.
    pub fn is_lost(&self) -> bool {
        self.samples.is_empty() && (self.damaged > 0 || self.unknown > 0)
    }

    /// The recording as the recogniser takes it, -1.0..=1.0.
    pub fn sound(&self) -> Vec<f32> {
        self.samples.iter().map(|&sample| f32::from(sample) / 32_768.0).collect()
    }

    /// The text of the segment that begins at `start` and whose voice ends at `until`, if it was recognised.
    pub fn text_of(&self, start: u64, until: u64) -> Option<&str> {
        let found = self.texts.iter().rev().find(|text| (text.start, text.until) == (start, until))?;
        Some(&found.text)
    }
}

/// Shows lengths, never what was said.
impl fmt::Debug for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Contents")
            .field("header", &self.header)
            .field("samples", &self.samples.len())
            .field("texts", &self.texts)
            .field("fate", &self.fate)
            .field("missing", &self.missing)
            .field("damaged", &self.damaged)
            .field("unknown", &self.unknown)
            .finish()
    }
}

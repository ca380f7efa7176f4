//! One utterance being heard: journal, segments, and what the session is told.

use std::time::Duration;

use crossbeam_channel::Sender;
use tawk_audio::{Segment, Segmenter, SegmenterConfig};
use tawk_core::session::{Event, UtteranceId};
use tawk_core::{Error, ErrorKind, SAMPLE_RATE};

use crate::journal::{self, Journal};
use crate::message::{Message, Note};

/// So many samples of silence make a pause likely enough to recognise ahead: 144 ms. Closures within words are
/// shorter; a draft that was in vain costs one encode.
const DRAFT_AFTER: u64 = SAMPLE_RATE as u64 * 144 / 1000;

/// A recording of at least this length in which every sample is zero comes from a microphone that is muted, withheld by the
/// system, or taken by another program.
const DEAD: Duration = Duration::from_secs(2);

/// A gap in which a word may have been spoken is told at the end.
const WORD: Duration = Duration::from_millis(500);

/// One utterance being heard.
pub(super) struct Take {
    pub(super) utterance: UtteranceId,
    journal: Sender<journal::Entry>,
    session: Sender<Message>,
    segmenter: Segmenter,
    segments: Vec<Segment>,
    index: u32,
    samples: u64,
    /// So many of the samples were heard before the key went down.
    before: u64,
    /// So many of the samples to come were heard already.
    skip: usize,
    /// For how long nobody heard anything, all gaps together.
    unheard: Duration,
    voiced: bool,
    /// Whether every sample so far was exactly zero, which no room is.
    is_dead: bool,
    /// Whether pauses are recognised ahead.
    ahead: bool,
    /// Where the voice ended in the draft that was handed over last.
    drafted: Option<u64>,
    /// The first segment whose beginning was not told yet.
    untold: u32,
}

impl Take {
    pub(super) fn new(
        utterance: UtteranceId,
        journal: Sender<journal::Entry>,
        session: Sender<Message>,
        ahead: bool,
    ) -> Self {
        Journal::begin(&journal, utterance);
        Self {
            utterance,
            journal,
            session,
            segmenter: Segmenter::new(SegmenterConfig::default()),
            segments: Vec::new(),
            index: 0,
            samples: 0,
            before: 0,
            skip: 0,
            unheard: Duration::ZERO,
            voiced: false,
            is_dead: true,
            ahead,
            drafted: None,
            untold: 0,
        }
    }

    /// Begins with what was heard before the key went down (16 kHz).
    pub(super) fn before(&mut self, samples: &[f32]) {
        self.before = samples.len() as u64;
        self.push(samples);
    }

    /// Whether nothing was heard yet.
    pub(super) fn is_empty(&self) -> bool {
        self.samples == 0
    }

    pub(super) fn push(&mut self, samples: &[f32]) {
        let skipped = self.skip.min(samples.len());
        self.skip -= skipped;
        let samples = &samples[skipped..];
        if samples.is_empty() {
            return;
        }
        if self.samples == 0 {
            self.tell(Event::FirstSamples { utterance: self.utterance });
        }
        Journal::append(&self.journal, self.utterance, self.samples, samples);
        self.samples += samples.len() as u64;
        self.is_dead &= samples.iter().all(|&sample| sample == 0.0);
        self.segmenter.push(samples, &mut self.segments);
        self.tell_segments();
        if self.segmenter.quiet().is_some() {
            self.tell_beginning();
        }
        if self.ahead {
            self.tell_draft();
        }
        if self.segmenter.is_voiced() != self.voiced {
            self.voiced = !self.voiced;
            let _ = self.session.send(Message::Voice(self.voiced));
        }
    }

    /// Goes on with another microphone, so that all that follows keeps its time: silence stands for the `gap` in which
    /// nobody heard anything, or as much is left out as the other microphone has stored from before the loss (`twice`).
    pub(super) fn bridge(&mut self, gap: Duration, twice: Duration) {
        if self.samples == 0 {
            return;
        }
        let from = self.length();
        tracing::warn!(utterance = %self.utterance, from_ms = from.as_millis(), ms = gap.as_millis(), "gap");
        self.unheard += gap;
        self.push(&vec![0.0; samples_in(gap)]);
        self.skip = samples_in(twice);
    }

    /// What to tell of the gaps when it is over and `name` was heard last.
    pub(super) fn gaps(&self, name: &str) -> Option<Note> {
        (self.unheard >= WORD).then(|| Note::Unheard(self.unheard, name.to_owned()))
    }

    /// What was heard since the key went down.
    fn length(&self) -> Duration {
        Duration::from_secs_f64((self.samples - self.before) as f64 / f64::from(SAMPLE_RATE))
    }

    fn tell_segments(&mut self) {
        for heard in std::mem::take(&mut self.segments) {
            self.tell_beginning();
            let _ = self.session.send(Message::Segment { utterance: self.utterance, index: self.index, heard });
            self.index += 1;
            self.drafted = None;
        }
    }

    /// Tells once of each segment that its voice has begun.
    fn tell_beginning(&mut self) {
        if self.untold == self.index {
            self.untold += 1;
            self.tell(Event::Phrase { utterance: self.utterance, index: self.index });
        }
    }

    /// Hands over the open segment when a pause has begun in it, once a pause.
    fn tell_draft(&mut self) {
        let quiet = self.segmenter.quiet();
        let until = quiet.map(|quiet| quiet.voiced_until);
        if self.drafted.is_some() && self.drafted != until {
            self.drafted = None;
            self.tell(Event::DraftOver { utterance: self.utterance });
        }
        let Some(quiet) = quiet.filter(|quiet| quiet.samples >= DRAFT_AFTER && self.drafted.is_none()) else { return };
        let Some(heard) = self.segmenter.open_segment() else { return };
        self.drafted = Some(quiet.voiced_until);
        let _ = self.session.send(Message::Draft { utterance: self.utterance, index: self.index, heard });
    }

    fn tell(&self, event: Event) {
        let _ = self.session.send(Message::Event(event));
    }

    pub(super) fn end(mut self, mut error: Option<Error>) {
        if let Some(rest) = self.segmenter.finish() {
            self.segments.push(rest);
        }
        self.tell_segments();
        let length = self.length();
        if error.is_none() && self.is_dead && length >= DEAD {
            error = Some(Error::new(
                ErrorKind::NothingHeard,
                "The microphone gives nothing but silence. Switch it on or unmute it, see that the system lets Tawk use it, or choose another in Tawk's menu.",
            ));
        }
        tracing::info!(utterance = %self.utterance, ms = length.as_millis(), segments = self.index, "heard");
        self.tell(Event::CaptureEnded { utterance: self.utterance, length, error });
    }
}

fn samples_in(time: Duration) -> usize {
    (time.as_secs_f64() * f64::from(SAMPLE_RATE)).round() as usize
}

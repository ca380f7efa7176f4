//! One utterance on its way.

use std::time::Duration;

use super::DRAIN_BOUND;
use super::event::{Effect, KeepReason, UtteranceId};
use crate::Error;

/// How far an utterance is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The microphone is being opened.
    Connecting,
    /// Samples arrive.
    Listening,
    /// The speaker is done; the last samples are on their way.
    Draining,
    /// All is captured; texts are missing or wait to be typed.
    Recognising,
    /// Being typed.
    Typing,
}

/// What will become of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// Its text is typed.
    Type,
    /// Its text is recognised and held, not typed.
    Hold(KeepReason),
    /// Its text is not wanted; the recording stays.
    Drop(KeepReason),
    /// Nothing of it is wanted.
    Forget,
}

/// How far a segment's text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Segment {
    Waiting,
    Sent,
    Done(String),
}

/// An open segment, recognised ahead in the hope that nothing more is said in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Draft {
    pub(super) index: u32,
    pub(super) until: u64,
    pub(super) state: Segment,
}

#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) id: UtteranceId,
    pub(super) phase: Phase,
    pub(super) fate: Fate,
    /// When waiting for the microphone ends.
    pub(super) deadline: Option<Duration>,
    pub(super) length: Duration,
    /// The first thing that went wrong.
    pub(super) failure: Option<Error>,
    /// A segment could not be recognised, so the text has a hole.
    pub(super) incomplete: bool,
    segments: Vec<Segment>,
    pub(super) draft: Option<Draft>,
}

impl Utterance {
    pub(super) fn new(id: UtteranceId, deadline: Duration) -> Self {
        Self {
            id,
            phase: Phase::Connecting,
            fate: Fate::Type,
            deadline: Some(deadline),
            length: Duration::ZERO,
            failure: None,
            incomplete: false,
            segments: Vec::new(),
            draft: None,
        }
    }

    pub(super) fn capturing(&self) -> bool {
        matches!(self.phase, Phase::Connecting | Phase::Listening | Phase::Draining)
    }

    pub(super) fn drain(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if matches!(self.phase, Phase::Connecting | Phase::Listening) {
            self.phase = Phase::Draining;
            self.deadline = Some(now + DRAIN_BOUND);
            effects.push(Effect::StopCapture { utterance: self.id });
        }
    }

    /// The text is not wanted any more.
    pub(super) fn withhold(&mut self, reason: KeepReason) {
        if !matches!(self.fate, Fate::Drop(_) | Fate::Forget) {
            self.fate = Fate::Drop(reason);
        }
    }

    /// The text is wanted but must not be typed.
    pub(super) fn hold_back(&mut self, reason: KeepReason) {
        if self.fate == Fate::Type {
            self.fate = Fate::Hold(reason);
        }
    }

    pub(super) fn fail(&mut self, error: Error) {
        self.failure.get_or_insert(error);
    }

    pub(super) fn wants_text(&self) -> bool {
        !matches!(self.fate, Fate::Drop(_) | Fate::Forget) && self.phase != Phase::Typing
    }

    pub(super) fn segments(&self) -> usize {
        self.segments.len()
    }

    /// Adds a segment that was closed, and says how far its draft was, if the draft holds the same words.
    pub(super) fn add_segment(&mut self, index: u32, until: u64) -> Option<Segment> {
        if !self.capturing() || index as usize != self.segments.len() {
            return None;
        }
        let draft = self.draft.take_if(|draft| draft.index == index && draft.until == until);
        let state = draft.map(|draft| draft.state);
        self.segments.push(state.clone().unwrap_or(Segment::Waiting));
        state
    }

    /// Adds a draft of the next segment.
    pub(super) fn add_draft(&mut self, index: u32, until: u64) {
        if self.capturing() && index as usize == self.segments.len() {
            self.draft = Some(Draft { index, until, state: Segment::Waiting });
        }
    }

    /// The draft's index, if it waits for the recogniser.
    pub(super) fn next_draft(&self) -> Option<u32> {
        let draft = self.draft.as_ref().filter(|draft| draft.state == Segment::Waiting)?;
        (self.wants_text() && !self.incomplete && self.all_done()).then_some(draft.index)
    }

    /// The next segment to recognise.
    pub(super) fn next_segment(&self) -> Option<u32> {
        if !self.wants_text() || self.incomplete {
            return None;
        }
        self.segments.iter().position(|s| *s == Segment::Waiting).map(|index| index as u32)
    }

    pub(super) fn mark_sent(&mut self, index: u32) {
        if let Some(segment) = self.segments.get_mut(index as usize) {
            *segment = Segment::Sent;
        }
    }

    pub(super) fn set_text(&mut self, index: u32, text: String) {
        if let Some(segment @ Segment::Sent) = self.segments.get_mut(index as usize) {
            *segment = Segment::Done(text);
        }
    }

    pub(super) fn texts(&self) -> Vec<&str> {
        self.segments
            .iter()
            .filter_map(|segment| match segment {
                Segment::Done(text) => Some(text.as_str()),
                _ => None,
            })
            .collect()
    }

    fn all_done(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Done(_)))
    }

    /// Whether there is a whole text that wants to be typed.
    pub(super) fn has_all_texts(&self) -> bool {
        self.fate == Fate::Type
            && !self.incomplete
            && self.all_done()
            && self.texts().iter().any(|t| !t.trim().is_empty())
    }

    /// Whether nothing is left to do but to decide about the recording.
    pub(super) fn is_over(&self) -> bool {
        self.phase == Phase::Recognising
            && match self.fate {
                Fate::Drop(_) | Fate::Forget => true,
                Fate::Hold(_) => self.all_done() || self.incomplete,
                Fate::Type => self.incomplete || (self.all_done() && !self.has_all_texts()),
            }
    }
}

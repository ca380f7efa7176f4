//! One utterance on its way.

use std::collections::VecDeque;
use std::time::Duration;

use super::DRAIN_BOUND;
use super::event::{Effect, KeepReason, UtteranceId};
use super::speaking::Mode;
use crate::Error;
use crate::text::{self, Ending};

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

/// A segment's text on its way to the typist, with the space before it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Phrase {
    index: u32,
    text: String,
}

#[derive(Debug)]
pub(super) struct Utterance {
    pub(super) id: UtteranceId,
    pub(super) phase: Phase,
    pub(super) fate: Fate,
    /// When waiting for the microphone ends.
    pub(super) deadline: Option<Duration>,
    pub(super) length: Duration,
    /// Whether anything was recorded.
    pub(super) heard: bool,
    /// The first thing that went wrong.
    pub(super) failure: Option<Error>,
    /// A segment could not be recognised, so the text has a hole.
    pub(super) incomplete: bool,
    segments: Vec<Segment>,
    pub(super) draft: Option<Draft>,
    /// Whether its phrases are typed one by one, each into the target that was marked when its voice began. Otherwise all
    /// is typed at the end, into the utterance's target.
    pub(super) by_phrase: bool,
    /// The text of the leading segments that are done, joined; it only grows.
    text: String,
    /// How many segments are in `text`.
    joined: usize,
    /// The end of `text` that was not typed.
    untyped: VecDeque<Phrase>,
    /// Whether the typist works on it.
    pub(super) typing: bool,
    /// Whether the typist was given anything of it.
    pub(super) begun: bool,
    /// Whether the typist was given what follows the text.
    ended: bool,
    /// Whether the user has cancelled it and not undone that.
    pub(super) cancelled: bool,
    /// Whether it was ended because nobody spoke any more.
    pub(super) ran_on: bool,
    /// Whether the fate of the recording is decided.
    pub(super) decided: bool,
    /// Whether there is a recording. There is none of a text that is typed once more.
    pub(super) has_sound: bool,
}

impl Utterance {
    pub(super) fn new(id: UtteranceId, deadline: Duration, by_phrase: bool) -> Self {
        Self {
            id,
            phase: Phase::Connecting,
            fate: Fate::Type,
            deadline: Some(deadline),
            length: Duration::ZERO,
            heard: false,
            failure: None,
            incomplete: false,
            segments: Vec::new(),
            draft: None,
            by_phrase,
            text: String::new(),
            joined: 0,
            untyped: VecDeque::new(),
            typing: false,
            begun: false,
            ended: false,
            cancelled: false,
            ran_on: false,
            decided: false,
            has_sound: true,
        }
    }

    /// A text from before, to be typed once more as it is.
    pub(super) fn again(id: UtteranceId, text: String) -> Self {
        Self {
            phase: Phase::Recognising,
            deadline: None,
            segments: vec![Segment::Done(text.clone())],
            joined: 1,
            untyped: [Phrase { index: 0, text: text.clone() }].into(),
            text,
            has_sound: false,
            ..Self::new(id, Duration::ZERO, false)
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

    /// The speaker is done, or the microphone is. What was held down until then goes to whoever has the focus now;
    /// phrases have targets of their own.
    pub(super) fn mark_at_end(&mut self, mode: Option<Mode>, effects: &mut Vec<Effect>) {
        self.by_phrase &= mode == Some(Mode::Toggled);
        if !self.by_phrase {
            effects.push(Effect::MarkTarget { utterance: self.id, phrase: None });
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
        !matches!(self.fate, Fate::Drop(_) | Fate::Forget)
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

    /// The segment was sent in vain and is to be sent again if its text is wanted.
    pub(super) fn unsend(&mut self, index: u32) {
        if let Some(segment @ Segment::Sent) = self.segments.get_mut(index as usize) {
            *segment = Segment::Waiting;
        }
    }

    /// The segments whose text is wanted and not there yet.
    pub(super) fn waiting(&self) -> impl Iterator<Item = u32> {
        let wanted = self.wants_text() && !self.incomplete;
        let segments = self.segments.iter().enumerate().filter(move |_| wanted);
        segments.filter(|(_, s)| !matches!(s, Segment::Done(_))).map(|(index, _)| index as u32)
    }

    /// Takes the texts that have come into the text as a whole.
    pub(super) fn join(&mut self, language: Option<&str>) {
        while let Some(Segment::Done(piece)) = self.segments.get(self.joined) {
            let added = text::append(&mut self.text, piece, language);
            if !added.is_empty() {
                self.untyped.push_back(Phrase { index: self.joined as u32, text: added.to_owned() });
            }
            self.joined += 1;
        }
    }

    /// The text so far.
    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// What of the text so far was not typed.
    pub(super) fn untyped(&self) -> String {
        self.untyped.iter().map(|phrase| phrase.text.as_str()).collect()
    }

    /// Typing stopped before this.
    pub(super) fn take_back(&mut self, rest: String) {
        if !rest.is_empty() {
            self.untyped.push_front(Phrase { index: 0, text: rest });
        }
    }

    /// Takes what can be typed now: the segment whose target it is for, and the text.
    pub(super) fn next_insertion(&mut self, ending: Ending) -> Option<(Option<u32>, String)> {
        if self.typing || self.fate != Fate::Type || self.incomplete {
            return None;
        }
        let whole = self.is_whole();
        let (phrase, mut text) = if self.by_phrase {
            match self.untyped.pop_front() {
                Some(phrase) => (Some(phrase.index), phrase.text),
                // What follows the text goes where its last words went.
                None => (Some(self.last_spoken()), String::new()),
            }
        } else if whole {
            (None, self.untyped.drain(..).map(|phrase| phrase.text).collect())
        } else {
            return None;
        };
        if whole && self.untyped.is_empty() && !self.ended {
            self.ended = true;
            text.push_str(text::ending_of(&self.text, ending));
        }
        if text.is_empty() {
            return None;
        }
        self.typing = true;
        self.begun = true;
        Some((phrase, text))
    }

    /// The last segment with words in it.
    fn last_spoken(&self) -> u32 {
        let said = |segment: &Segment| matches!(segment, Segment::Done(text) if !text.trim().is_empty());
        self.segments.iter().rposition(said).unwrap_or_default() as u32
    }

    /// Whether nothing more is heard and every text is there.
    fn is_whole(&self) -> bool {
        self.phase == Phase::Recognising && self.all_done()
    }

    fn all_done(&self) -> bool {
        self.segments.iter().all(|segment| matches!(segment, Segment::Done(_)))
    }

    /// Whether every word was typed.
    pub(super) fn is_delivered(&self) -> bool {
        self.begun && !self.typing && self.is_whole() && !self.incomplete && self.untyped.is_empty()
    }

    /// Whether there is something to recognise or to type if the user wants it after all.
    pub(super) fn is_unfinished(&self) -> bool {
        !(self.incomplete || self.all_done() && self.untyped.is_empty())
    }

    /// Whether nothing is left to do but to decide about the recording.
    pub(super) fn is_over(&self, ending: Ending) -> bool {
        self.phase == Phase::Recognising
            && !self.typing
            && match self.fate {
                Fate::Drop(_) | Fate::Forget => true,
                Fate::Hold(_) => self.all_done() || self.incomplete,
                Fate::Type => self.incomplete || (self.all_done() && !self.has_more_to_type(ending)),
            }
    }

    fn has_more_to_type(&self, ending: Ending) -> bool {
        !self.untyped.is_empty() || (self.begun && !self.ended && !text::ending_of(&self.text, ending).is_empty())
    }
}

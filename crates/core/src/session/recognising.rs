//! The recogniser's side: what is asked next, and what becomes of its answers.

use super::utterance::{Segment, Utterance};
use super::whereabouts::Place;
use super::{Effect, Session, UtteranceId};
use crate::{Error, text};

/// A recognition under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) utterance: UtteranceId,
    pub(super) index: u32,
    pub(super) purpose: Purpose,
    /// Whether it was told to stop.
    pub(super) aborted: bool,
}

/// What becomes of a recognition's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Segment,
    Draft,
    /// A draft that was overtaken by more speech.
    InVain,
}

impl Session {
    pub(super) fn recognise_next(&mut self, effects: &mut Vec<Effect>) {
        if self.recogniser.is_some() {
            return;
        }
        let pending = self.utterances.iter().enumerate();
        let segment = pending.clone().find_map(|(at, u)| Some((at, u.next_segment()?, Purpose::Segment)));
        let draft = || pending.clone().find_map(|(at, u)| Some((at, u.next_draft()?, Purpose::Draft)));
        let Some((at, index, purpose)) = segment.or_else(draft) else { return };
        let prompt = self.prompt(&self.utterances[at]);
        let utterance = &mut self.utterances[at];
        match &mut utterance.draft {
            Some(draft) if purpose == Purpose::Draft => draft.state = Segment::Sent,
            _ => utterance.mark_sent(index),
        }
        let draft = purpose == Purpose::Draft;
        self.recogniser = Some(Run { utterance: utterance.id, index, purpose, aborted: false });
        effects.push(Effect::Recognise { utterance: utterance.id, index, prompt, draft });
    }

    pub(super) fn recognised(
        &mut self,
        id: UtteranceId,
        index: u32,
        result: Result<String, Error>,
        effects: &mut Vec<Effect>,
    ) {
        let Some(run) = self.recogniser.take_if(|run| run.utterance == id && run.index == index) else { return };
        let aside = self.aside.iter_mut();
        let Some(utterance) = self.utterances.iter_mut().chain(aside).find(|u| u.id == id) else { return };
        match result {
            _ if run.purpose == Purpose::InVain => {}
            Ok(text) if run.purpose == Purpose::Draft => {
                if let Some(draft) = &mut utterance.draft {
                    draft.state = Segment::Done(text);
                }
            }
            // The segment itself is recognised when it is closed, and tells what is wrong.
            Err(_) if run.purpose == Purpose::Draft => utterance.draft = None,
            Ok(text) => utterance.set_text(index, text),
            // Nobody wanted it then. If it is wanted by now, it is asked for again.
            Err(_) if run.aborted || !utterance.wants_text() => utterance.unsend(index),
            Err(error) => {
                utterance.set_text(index, String::new());
                utterance.incomplete = true;
                utterance.fail(error.clone());
                self.report(Place::Recording.named(error), effects);
            }
        }
    }

    /// Stops the recogniser if what it works on is not wanted any more.
    pub(super) fn abort_unwanted(&mut self, effects: &mut Vec<Effect>) {
        let Some(run) = self.recogniser.as_mut().filter(|run| !run.aborted) else { return };
        let wanted = self.utterances.iter().any(|u| u.id == run.utterance && u.wants_text());
        if !wanted {
            run.aborted = true;
            effects.push(Effect::AbortRecognition { utterance: run.utterance });
        }
    }

    /// The segments whose text is wanted and not there yet.
    pub fn waiting(&self) -> impl Iterator<Item = (UtteranceId, u32)> {
        self.utterances.iter().flat_map(|utterance| utterance.waiting().map(|index| (utterance.id, index)))
    }

    fn prompt(&self, utterance: &Utterance) -> String {
        text::prompt(&self.rules.vocabulary, utterance.text())
    }
}

//! Undoing a cancel: the dictation that was cancelled last is put aside until something else happens.

use super::utterance::{Fate, Utterance};
use super::{Effect, Session};

impl Session {
    /// Whether [`super::Event::Undo`] has something to undo: the last dictation was cancelled before all of it was typed,
    /// and nothing has happened since.
    pub fn can_undo(&self) -> bool {
        !self.shutting_down
            && self.live.is_none()
            && match self.utterances.back() {
                Some(last) if last.cancelled => true,
                _ => self.aside.is_some(),
            }
    }

    /// Types what was cancelled after all, into the window that has the focus now.
    pub(super) fn undo(&mut self, effects: &mut Vec<Effect>) {
        if !self.can_undo() {
            return;
        }
        let newest = self.utterances.back().map(|last| last.id);
        if let Some(utterance) = self.aside.take_if(|aside| newest.is_none_or(|id| id < aside.id)) {
            self.utterances.push_back(utterance);
        }
        self.trouble = false;
        if let Some(utterance) = self.utterances.iter_mut().rfind(|u| u.cancelled) {
            utterance.cancelled = false;
            utterance.fate = Fate::Type;
            utterance.by_phrase = false;
            effects.push(Effect::MarkTarget { utterance: utterance.id, phrase: None });
        }
        self.forget_aside(effects);
    }

    /// Puts a finished utterance aside if it was cancelled and is the last that was; otherwise it is over for good.
    pub(super) fn put_aside(&mut self, utterance: Utterance, effects: &mut Vec<Effect>) {
        let is_last = self.aside.as_ref().is_none_or(|other| other.id < utterance.id);
        if utterance.cancelled && utterance.is_unfinished() && is_last && !self.shutting_down {
            let before = self.aside.replace(utterance);
            effects.extend(before.map(|before| Effect::Forget { utterance: before.id }));
        } else {
            effects.push(Effect::Forget { utterance: utterance.id });
        }
    }

    /// Something else happens: what was cancelled stays so.
    pub(super) fn forget_aside(&mut self, effects: &mut Vec<Effect>) {
        for utterance in &mut self.utterances {
            utterance.cancelled = false;
        }
        if let Some(utterance) = self.aside.take() {
            effects.push(Effect::Forget { utterance: utterance.id });
        }
    }
}

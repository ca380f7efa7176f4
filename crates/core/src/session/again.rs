//! Typing a text from before once more: an utterance without sound.

use super::utterance::Utterance;
use super::{Effect, Session, UtteranceId};

impl Session {
    /// Whether [`super::Event::TypeAgain`] is obeyed: not while something is being spoken, which would be typed after it.
    pub fn can_type_again(&self) -> bool {
        self.live.is_none() && !self.shutting_down
    }

    /// Types `text` into the window that has the focus now, after what is on its way.
    pub(super) fn type_again(&mut self, text: String, effects: &mut Vec<Effect>) {
        if !self.can_type_again() {
            return;
        }
        self.forget_aside(effects);
        let id = UtteranceId(self.next_id);
        self.next_id += 1;
        self.trouble = false;
        self.utterances.push_back(Utterance::again(id, text));
        effects.push(Effect::MarkTarget { utterance: id, phrase: None });
    }
}

//! The typist's side: what is typed when, and what becomes of an utterance in the end.

use super::utterance::{Fate, Phase, Utterance};
use super::{BRUSHED, Effect, KeepReason, Session, TypingEnd, UtteranceId};
use crate::{Error, ErrorKind, text};

impl Session {
    /// Starts what has become possible: finishing, typing, recognising.
    pub(super) fn advance(&mut self, effects: &mut Vec<Effect>) {
        while let Some(at) = self.utterances.iter().position(|u| u.is_over()) {
            if let Some(utterance) = self.utterances.remove(at) {
                self.finish(&utterance, effects);
            }
        }
        self.type_next(effects);
        self.recognise_next(effects);
    }

    /// Types the first utterance if its text is whole. Those after it wait, so that the order of speech is kept.
    fn type_next(&mut self, effects: &mut Vec<Effect>) {
        if self.key_down {
            return;
        }
        let Some(first) = self.utterances.front() else { return };
        if first.phase != Phase::Recognising || !first.has_all_texts() {
            return;
        }
        let text = text::with_ending(&self.text_of(first), self.rules.ending);
        if let Some(first) = self.utterances.front_mut() {
            first.phase = Phase::Typing;
            effects.push(Effect::Type { utterance: first.id, text });
        }
    }

    pub(super) fn typed(&mut self, id: UtteranceId, end: TypingEnd, effects: &mut Vec<Effect>) {
        let Some(at) = self.utterances.iter().position(|u| u.id == id && u.phase == Phase::Typing) else { return };
        let Some(utterance) = self.utterances.remove(at) else { return };
        match end {
            TypingEnd::Complete if utterance.failure.is_none() => {
                effects.push(Effect::DiscardRecording { utterance: id });
            }
            TypingEnd::Complete => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            TypingEnd::Stopped { rest, error } => {
                effects.push(Effect::Hold { utterance: id, text: rest });
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Held });
                self.report(error, effects);
            }
        }
    }

    /// Ends an utterance that has nothing to type.
    fn finish(&mut self, utterance: &Utterance, effects: &mut Vec<Effect>) {
        let id = utterance.id;
        let text = self.text_of(utterance);
        match utterance.fate {
            Fate::Type if utterance.incomplete => {
                if !text.is_empty() {
                    effects.push(Effect::Hold { utterance: id, text });
                }
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            Fate::Type if utterance.failure.is_some() => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            Fate::Type if utterance.segments() > 0 => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::NothingHeard });
                self.report(nothing_heard("No words were understood. Speak up or come closer"), effects);
            }
            Fate::Type if utterance.length >= BRUSHED => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::NothingHeard });
                let advice = "No voice was heard. See in Tawk's menu that the right microphone is chosen, and that it is not muted";
                self.report(nothing_heard(advice), effects);
            }
            Fate::Type | Fate::Forget => effects.push(Effect::DiscardRecording { utterance: id }),
            Fate::Hold(reason) => {
                if !text.is_empty() {
                    effects.push(Effect::Hold { utterance: id, text });
                    self.report(locked(), effects);
                }
                effects.push(Effect::KeepRecording { utterance: id, reason });
            }
            Fate::Drop(reason) => effects.push(Effect::KeepRecording { utterance: id, reason }),
        }
    }

    pub(super) fn text_of(&self, utterance: &Utterance) -> String {
        text::join(&utterance.texts(), self.rules.language.as_deref())
    }
}

fn nothing_heard(advice: &str) -> Error {
    Error::new(ErrorKind::NothingHeard, format!("{advice}; the recording is kept."))
}

fn locked() -> Error {
    let message = "The screen was locked, so nothing was typed. Copy Last Text in Tawk's menu has it.";
    Error::new(ErrorKind::FocusMoved, message)
}

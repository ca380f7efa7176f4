//! The typist's side: what is typed when, and what becomes of an utterance in the end.

use super::runaway::ended;
use super::utterance::{Fate, Utterance};
use super::whereabouts::Place;
use super::{BRUSHED, Effect, KeepReason, Session, TypingEnd, UtteranceId};
use crate::{Error, ErrorKind};

impl Session {
    /// Starts what has become possible: finishing, typing, recognising.
    pub(super) fn advance(&mut self, effects: &mut Vec<Effect>) {
        for utterance in &mut self.utterances {
            utterance.join(self.rules.language.as_deref());
        }
        self.finish_over(effects);
        self.type_next(effects);
        self.recognise_next(effects);
    }

    fn finish_over(&mut self, effects: &mut Vec<Effect>) {
        let ending = self.rules.ending;
        while let Some(at) = self.utterances.iter().position(|u| u.is_over(ending)) {
            if let Some(utterance) = self.utterances.remove(at) {
                self.finish(utterance, effects);
            }
        }
    }

    /// Types what can be typed of the first utterance. Those after it wait, so that the order of speech is kept.
    fn type_next(&mut self, effects: &mut Vec<Effect>) {
        if self.key_down {
            return;
        }
        let ending = self.rules.ending;
        if let Some(first) = self.utterances.front_mut()
            && let Some((phrase, text)) = first.next_insertion(ending)
        {
            effects.push(Effect::Type { utterance: first.id, phrase, text });
        }
    }

    pub(super) fn typed(&mut self, id: UtteranceId, end: TypingEnd, effects: &mut Vec<Effect>) {
        let Some(utterance) = self.find(id).filter(|u| u.typing) else { return };
        utterance.typing = false;
        let TypingEnd::Stopped { rest, error } = end else { return };
        utterance.take_back(rest);
        if error.kind == ErrorKind::Aborted && utterance.fate == Fate::Type {
            return; // Cancelled, and that was undone before the typist had stopped.
        }
        // Nobody knows where more of it would go.
        utterance.hold_back(KeepReason::Held);
        self.finish_over(effects);
        self.report(Place::LastText.named(error), effects);
    }

    /// Ends an utterance of which nothing is left to type.
    fn finish(&mut self, mut utterance: Utterance, effects: &mut Vec<Effect>) {
        let id = utterance.id;
        let held = Some(utterance.untyped()).filter(|text| !text.is_empty());
        let hold = held.map(|text| Effect::Hold { utterance: id, text });
        let mut report = None;
        let reason = match utterance.fate {
            Fate::Forget => None,
            _ if utterance.is_delivered() => {
                report = utterance.ran_on.then(|| ended(false));
                utterance.failure.is_some().then_some(KeepReason::Failed)
            }
            Fate::Type if utterance.incomplete => {
                effects.extend(hold);
                Some(KeepReason::Failed)
            }
            Fate::Type if utterance.failure.is_some() => Some(KeepReason::Failed),
            Fate::Type if utterance.segments() > 0 => {
                report = Some(nothing_heard("No words were understood. Speak up or come closer"));
                Some(KeepReason::NothingHeard)
            }
            Fate::Type if utterance.length >= BRUSHED => {
                report = Some(nothing_heard(
                    "No voice was heard. See in Tawk's menu that the right microphone is chosen, and that it is not muted",
                ));
                Some(KeepReason::NothingHeard)
            }
            Fate::Type => None,
            Fate::Hold(_) if utterance.ran_on => {
                let place = if hold.is_some() { Place::LastText } else { Place::Recording };
                report = Some(place.named(ended(hold.is_some())));
                let reason = if hold.is_some() { KeepReason::Held } else { KeepReason::NothingHeard };
                effects.extend(hold);
                Some(reason)
            }
            Fate::Hold(reason) => {
                let tell = reason == KeepReason::Locked && hold.is_some();
                effects.extend(hold);
                if tell {
                    self.report(locked(utterance.begun), effects);
                }
                Some(reason)
            }
            Fate::Drop(reason) => {
                // After a cancel nobody wants it; whoever quits or logs out may not have thought of it.
                effects.extend(hold.filter(|_| utterance.begun || reason == KeepReason::Quit));
                Some(reason)
            }
        };
        if utterance.has_sound {
            effects.push(match reason {
                reason if std::mem::replace(&mut utterance.decided, true) => {
                    Effect::ReviseRecording { utterance: id, reason }
                }
                Some(reason) => Effect::KeepRecording { utterance: id, reason },
                None => Effect::DiscardRecording { utterance: id },
            });
        }
        if let Some(error) = report {
            self.report(error, effects);
        }
        self.put_aside(utterance, effects);
    }
}

fn nothing_heard(advice: &str) -> Error {
    Place::Recording.named(Error::new(ErrorKind::NothingHeard, format!("{advice}.")))
}

fn locked(begun: bool) -> Error {
    let what = if begun { "not all was typed" } else { "nothing was typed" };
    let message = format!(
        "The screen was locked, or a logout was asked for, so {what}. Copy Last Text in Tawk's menu has the rest."
    );
    Error::new(ErrorKind::FocusMoved, message)
}

//! Dictations that are over and not in the history yet: usually one for a moment, more while the disk takes nothing.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tawk_core::Error;
use tawk_core::session::UtteranceId;
use tawk_store::history::Dictation;

/// So many wait at the most; then the oldest is forgotten.
const MOST: usize = super::STILL_OPEN as usize;

/// When a disk that has refused one is tried again.
const PAUSE: Duration = Duration::from_secs(30);

/// The oldest first. In memory only.
#[derive(Default)]
pub(super) struct Late {
    dictations: VecDeque<(UtteranceId, Dictation)>,
    refused: Option<Instant>,
}

impl Late {
    /// When to try again; `None` while nothing was refused.
    pub(super) fn due(&self) -> Option<Instant> {
        self.refused.filter(|_| !self.dictations.is_empty()).map(|at| at + PAUSE)
    }

    /// A dictation is over, perhaps once more because its cancelling was undone.
    pub(super) fn push(&mut self, utterance: UtteranceId, dictation: Dictation) {
        if let Some((_, waiting)) = self.dictations.iter_mut().find(|(other, _)| *other == utterance) {
            let audio = waiting.audio.take();
            *waiting = Dictation { audio, ..dictation };
            return;
        }
        self.dictations.push_back((utterance, dictation));
        if self.dictations.len() > MOST {
            self.dictations.pop_front();
            tracing::warn!("a dictation is not remembered: the disk has taken none for a long time");
        }
    }

    /// The oldest, to be added now.
    pub(super) fn pop(&mut self) -> Option<(UtteranceId, Dictation)> {
        self.dictations.pop_front()
    }

    /// It could not be added, and waits in its place. Gives what the user is told.
    pub(super) fn refused(&mut self, utterance: UtteranceId, dictation: Dictation, error: &Error) -> Error {
        self.dictations.push_front((utterance, dictation));
        self.refused = Some(Instant::now());
        let message = format!("{} The dictation is remembered as soon as the disk takes it.", error.message);
        Error::new(error.kind, message)
    }
}

#[cfg(test)]
mod tests {
    use tawk_core::ErrorKind;

    use super::*;

    fn dictation(text: &str) -> Dictation {
        Dictation { text: text.into(), ..Dictation::default() }
    }

    #[test]
    fn a_refused_one_keeps_its_place() {
        let mut late = Late::default();
        assert!(late.pop().is_none() && late.due().is_none());
        late.push(UtteranceId(1), dictation("One."));
        late.push(UtteranceId(2), dictation("Two."));
        assert_eq!(late.due(), None, "what was not tried yet is not tried again");
        let (first, one) = late.pop().unwrap();
        let error = Error::new(ErrorKind::Storage, "The disk is full. Make room and try again.");
        let told = late.refused(first, one, &error);
        assert!(told.kind == ErrorKind::Storage && told.message.starts_with(&error.message), "{told}");
        assert!(late.due().is_some());
        let order: Vec<_> = std::iter::from_fn(|| late.pop()).map(|(utterance, one)| (utterance.0, one.text)).collect();
        assert_eq!(order, [(1, "One.".into()), (2, "Two.".into())]);
        assert_eq!(late.due(), None);
    }

    #[test]
    fn one_whose_cancelling_was_undone_waits_once() {
        let mut late = Late::default();
        late.push(UtteranceId(1), Dictation { audio: Some("1.wav".into()), ..dictation("") });
        late.push(UtteranceId(2), dictation("Two."));
        late.push(UtteranceId(1), dictation("One."));
        let (first, one) = late.pop().unwrap();
        assert_eq!((first.0, one.text.as_str(), one.audio), (1, "One.", Some("1.wav".into())));
        assert_eq!(late.pop().map(|(second, _)| second.0), Some(2));
        assert!(late.pop().is_none());
    }

    #[test]
    fn they_do_not_grow_without_end() {
        let mut late = Late::default();
        for number in 0..100 {
            late.push(UtteranceId(number), dictation(""));
        }
        assert_eq!(late.pop().unwrap().0.0, 100 - MOST as u64);
    }
}

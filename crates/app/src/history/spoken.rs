//! What is known of dictations while they are under way, for the history.

use std::collections::HashMap;
use std::time::{SystemTime, UNIX_EPOCH};

use tawk_core::Result;
use tawk_core::ports::Target;
use tawk_core::recognition::Withheld;
use tawk_core::session::{KeepReason, UtteranceId};
use tawk_core::settings::Settings;
use tawk_store::history::{Dictation, TYPED, WithheldText};

use crate::timing::Timing;

/// The dictations under way, and the one whose cancelling can be undone. In memory only.
#[derive(Debug, Default)]
pub(crate) struct Spoken(HashMap<UtteranceId, Entry>);

#[derive(Debug, Default)]
struct Entry {
    dictation: Dictation,
    /// The end of the text that was not typed, as it came.
    held: Option<String>,
}

impl Spoken {
    /// An utterance begins now.
    pub(crate) fn begin(&mut self, utterance: UtteranceId, settings: &Settings, model: &str) {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let dictation = Dictation {
            at_ms: i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            model: model.to_owned(),
            language: settings.dictation.language.clone(),
            ..Dictation::default()
        };
        self.0.insert(utterance, Entry { dictation, held: None });
    }

    /// This microphone was opened, for the utterance that began last.
    pub(crate) fn microphone(&mut self, name: &str) {
        if let Some((_, entry)) = self.0.iter_mut().max_by_key(|(utterance, _)| **utterance) {
            name.clone_into(&mut entry.dictation.microphone);
        }
    }

    /// Its text goes there.
    pub(crate) fn target(&mut self, utterance: UtteranceId, target: &Result<Option<Target>>) {
        if let (Some(entry), Ok(Some(target))) = (self.0.get_mut(&utterance), target) {
            entry.dictation.app.clone_from(&target.app);
        }
    }

    /// This is being typed, after what was typed before. What had been held is in it, once the cancelling was undone.
    pub(crate) fn typed(&mut self, utterance: UtteranceId, what: &str) {
        if let Some(Entry { dictation, held }) = self.0.get_mut(&utterance) {
            let known = held.take().and_then(|held| dictation.text.strip_suffix(&held)).map(str::len);
            dictation.text.truncate(known.unwrap_or(dictation.text.len()));
            dictation.text.push_str(what);
        }
    }

    /// This was not typed. What was to be typed before holds it already, unless nothing was.
    pub(crate) fn held(&mut self, utterance: UtteranceId, what: &str) {
        if let Some(Entry { dictation, held }) = self.0.get_mut(&utterance) {
            if !dictation.text.ends_with(what) {
                dictation.text.push_str(what);
            }
            *held = Some(what.to_owned());
        }
    }

    /// The utterance is over, for the first time with these times, and its recording was kept for this reason, or is not
    /// needed. `None` when there is nothing to remember: a key that was only brushed.
    pub(crate) fn over(
        &mut self,
        utterance: UtteranceId,
        kept: Option<KeepReason>,
        timing: Option<&Timing>,
        withheld: Vec<Withheld>,
    ) -> Option<Dictation> {
        let Entry { dictation, held } = self.0.get_mut(&utterance)?;
        dictation.fate = kept.map_or(TYPED, KeepReason::word).into();
        dictation.untyped = held.as_deref().map(str::trim_end).filter(|what| !what.is_empty()).map(str::to_owned);
        dictation.withheld.extend(withheld_texts(withheld));
        if let Some(timing) = timing {
            dictation.length_ms = timing.audio.max(0.0) as u64;
            if let Ok(serde_json::Value::Object(numbers)) = serde_json::to_value(timing) {
                dictation.timing =
                    numbers.into_iter().filter_map(|(name, number)| Some((name, number.as_f64()?))).collect();
            }
        }
        let text = dictation.text.trim_end().to_owned();
        (!text.is_empty() || kept.is_some()).then(|| Dictation { text, ..dictation.clone() })
    }

    /// Nothing more comes of the utterance.
    pub(crate) fn forget(&mut self, utterance: UtteranceId) {
        self.0.remove(&utterance);
    }
}

/// What was withheld, as the history keeps it.
pub(crate) fn withheld_texts(parts: impl IntoIterator<Item = Withheld>) -> Vec<WithheldText> {
    let reason_of = |part: &Withheld| serde_json::to_value(part.reason).ok()?.as_str().map(str::to_owned);
    let texts =
        parts.into_iter().map(|part| WithheldText { reason: reason_of(&part).unwrap_or_default(), text: part.text });
    texts.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_core::recognition::WithheldReason;

    const ONE: UtteranceId = UtteranceId(1);

    fn spoken() -> Spoken {
        let mut spoken = Spoken::default();
        spoken.begin(ONE, &Settings::default(), "base");
        spoken
    }

    fn take(mut spoken: Spoken, kept: Option<KeepReason>) -> Option<Dictation> {
        let timing = Timing { audio: 1500.5, segments: 2, ..Timing::default() };
        spoken.over(ONE, kept, Some(&timing), Vec::new())
    }

    #[test]
    fn a_typed_text_is_remembered_without_its_ending() {
        let mut spoken = spoken();
        spoken.microphone("Desk");
        spoken.target(ONE, &Ok(Some(Target { id: 7, app: "Notes".into(), app_id: None })));
        spoken.typed(ONE, "One. ");
        spoken.typed(ONE, "Two. ");
        let dictation = take(spoken, None).unwrap();
        assert_eq!((dictation.text.as_str(), dictation.untyped.as_deref()), ("One. Two.", None));
        assert_eq!(
            (dictation.fate.as_str(), dictation.app.as_str(), dictation.microphone.as_str()),
            ("typed", "Notes", "Desk")
        );
        assert_eq!((dictation.length_ms, dictation.timing["segments"]), (1500, 2.0));
        assert!(!dictation.timing.contains_key("own_overhead"), "what was not measured is no number");
    }

    #[test]
    fn what_was_not_typed_is_told_apart() {
        let mut half = spoken();
        half.typed(ONE, "One. Two. ");
        half.held(ONE, "Two. ");
        let half = take(half, Some(KeepReason::Held)).unwrap();
        assert_eq!(
            (half.text.as_str(), half.untyped.as_deref(), half.fate.as_str()),
            ("One. Two.", Some("Two."), "held")
        );
        let mut none = spoken();
        none.held(ONE, "One.");
        let none = take(none, Some(KeepReason::Locked)).unwrap();
        assert_eq!((none.text.as_str(), none.untyped.as_deref()), ("One.", Some("One.")));
    }

    #[test]
    fn a_brushed_key_is_not_remembered_but_a_cancelled_dictation_is() {
        assert_eq!(take(spoken(), None), None);
        assert_eq!(take(spoken(), Some(KeepReason::Cancelled)).unwrap().fate, "cancelled");
    }

    #[test]
    fn an_undone_cancel_makes_the_text_whole() {
        let part = |text: &str| Withheld { text: text.into(), reason: WithheldReason::KnownPhrase };
        let mut spoken = spoken();
        spoken.typed(ONE, "One two. ");
        spoken.held(ONE, "two. ");
        let timing = Timing { audio: 1500.5, ..Timing::default() };
        let half = spoken.over(ONE, Some(KeepReason::Held), Some(&timing), vec![part("Bye.")]).unwrap();
        assert_eq!((half.text.as_str(), half.untyped.as_deref()), ("One two.", Some("two.")));
        spoken.typed(ONE, "two. Three. ");
        let whole = spoken.over(ONE, None, None, vec![part("Thanks.")]).unwrap();
        assert_eq!((whole.text.as_str(), whole.untyped.as_deref()), ("One two. Three.", None));
        assert_eq!((whole.fate.as_str(), whole.length_ms, whole.withheld.len()), ("typed", 1500, 2));
        spoken.forget(ONE);
        assert_eq!(spoken.over(ONE, None, None, Vec::new()), None);
    }
}

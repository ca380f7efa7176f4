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

/// The dictations under way. In memory only.
#[derive(Debug, Default)]
pub(crate) struct Spoken(HashMap<UtteranceId, Dictation>);

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
        self.0.insert(utterance, dictation);
    }

    /// This microphone was opened, for the utterance that began last.
    pub(crate) fn microphone(&mut self, name: &str) {
        if let Some((_, dictation)) = self.0.iter_mut().max_by_key(|(utterance, _)| **utterance) {
            name.clone_into(&mut dictation.microphone);
        }
    }

    /// Its text goes there.
    pub(crate) fn target(&mut self, utterance: UtteranceId, target: &Result<Option<Target>>) {
        if let (Some(dictation), Ok(Some(target))) = (self.0.get_mut(&utterance), target) {
            dictation.app.clone_from(&target.app);
        }
    }

    /// This is being typed, after what was typed before.
    pub(crate) fn typed(&mut self, utterance: UtteranceId, what: &str) {
        if let Some(dictation) = self.0.get_mut(&utterance) {
            dictation.text.push_str(what);
        }
    }

    /// This was not typed. What was to be typed before holds it already, unless nothing was.
    pub(crate) fn held(&mut self, utterance: UtteranceId, what: &str) {
        if let Some(dictation) = self.0.get_mut(&utterance) {
            if !dictation.text.ends_with(what) {
                dictation.text.push_str(what);
            }
            dictation.untyped = Some(what.trim_end().to_owned()).filter(|what| !what.is_empty());
        }
    }

    /// The utterance is over, and its recording was kept for this reason, or was not needed. `None` when there is
    /// nothing to remember: a key that was only brushed.
    pub(crate) fn take(
        &mut self,
        utterance: UtteranceId,
        kept: Option<KeepReason>,
        timing: &Timing,
        withheld: Vec<Withheld>,
    ) -> Option<Dictation> {
        let mut dictation = self.0.remove(&utterance)?;
        dictation.text.truncate(dictation.text.trim_end().len());
        if dictation.text.is_empty() && kept.is_none() {
            return None;
        }
        dictation.fate = kept.map_or(TYPED, KeepReason::word).into();
        dictation.length_ms = timing.audio.max(0.0) as u64;
        if let Ok(serde_json::Value::Object(numbers)) = serde_json::to_value(timing) {
            dictation.timing =
                numbers.into_iter().filter_map(|(name, number)| Some((name, number.as_f64()?))).collect();
        }
        dictation.withheld = withheld
            .into_iter()
            .map(|part| WithheldText {
                text: part.text,
                reason: serde_json::to_value(part.reason)
                    .ok()
                    .and_then(|reason| reason.as_str().map(str::to_owned))
                    .unwrap_or_default(),
            })
            .collect();
        Some(dictation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: UtteranceId = UtteranceId(1);

    fn spoken() -> Spoken {
        let mut spoken = Spoken::default();
        spoken.begin(ONE, &Settings::default(), "base");
        spoken
    }

    fn take(mut spoken: Spoken, kept: Option<KeepReason>) -> Option<Dictation> {
        let timing = Timing { audio: 1500.5, segments: 2, ..Timing::default() };
        spoken.take(ONE, kept, &timing, Vec::new())
    }

    #[test]
    fn a_typed_text_is_remembered_without_its_ending() {
        let mut spoken = spoken();
        spoken.microphone("Desk");
        spoken.target(ONE, &Ok(Some(Target { id: 7, app: "Notes".into() })));
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
}

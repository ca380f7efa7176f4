//! What was recognised and not typed, until its dictation is over.

use std::collections::BTreeMap;

use tawk_core::recognition::Withheld;
use tawk_core::session::UtteranceId;

/// The parts that were withheld, by utterance and segment. A segment that is recognised again, after a draft in vain,
/// begins anew.
#[derive(Debug, Default)]
pub(crate) struct Withholding(BTreeMap<(UtteranceId, u32), Vec<Withheld>>);

impl Withholding {
    /// Keeps what was withheld from a segment.
    pub(crate) fn keep(&mut self, utterance: UtteranceId, index: u32, parts: Vec<Withheld>) {
        self.0.insert((utterance, index), parts);
    }

    /// The segment is recognised anew.
    pub(crate) fn forget(&mut self, utterance: UtteranceId, index: u32) {
        self.0.remove(&(utterance, index));
    }

    /// Gives up all of an utterance, in the order of speech.
    pub(crate) fn take(&mut self, utterance: UtteranceId) -> Vec<Withheld> {
        let of_it = (utterance, 0)..=(utterance, u32::MAX);
        let segments: Vec<_> = self.0.range(of_it).map(|(segment, _)| *segment).collect();
        segments.iter().filter_map(|segment| self.0.remove(segment)).flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_core::recognition::WithheldReason;

    #[test]
    fn an_utterance_gives_its_own_parts_in_order() {
        let part = |text: &str| vec![Withheld { text: text.into(), reason: WithheldReason::KnownPhrase }];
        let (first, second) = (UtteranceId(1), UtteranceId(2));
        let mut withholding = Withholding::default();
        withholding.keep(first, 1, part("b"));
        withholding.keep(second, 0, part("c"));
        withholding.keep(first, 0, part("a"));
        withholding.keep(first, 2, part("draft in vain"));
        withholding.forget(first, 2);
        let texts: Vec<_> = withholding.take(first).into_iter().map(|part| part.text).collect();
        assert_eq!(texts, ["a", "b"]);
        assert_eq!(withholding.take(first), []);
        assert_eq!(withholding.take(second), part("c"));
    }
}

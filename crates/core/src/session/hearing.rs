//! The microphone's side: samples, segments and the end of the recording.

use std::time::Duration;

use super::recognising::Purpose;
use super::utterance::{Fate, Phase, Segment};
use super::whereabouts::Place;
use super::{Effect, Session, UtteranceId};
use crate::Error;
use crate::ports::Sound;

impl Session {
    pub(super) fn first_samples(&mut self, id: UtteranceId, now: Duration, effects: &mut Vec<Effect>) {
        let Some(utterance) = self.find(id) else { return };
        utterance.heard = true;
        if utterance.phase == Phase::Connecting {
            utterance.phase = Phase::Listening;
            utterance.deadline = None;
            effects.push(Effect::Play(Sound::Start));
            self.listen_for_silence(now);
        }
    }

    /// Whoever has the focus when a phrase begins gets it.
    pub(super) fn phrase(&mut self, id: UtteranceId, index: u32, effects: &mut Vec<Effect>) {
        if let Some(utterance) = self.find(id)
            && utterance.by_phrase
            && utterance.fate == Fate::Type
            && utterance.capturing()
        {
            effects.push(Effect::MarkTarget { utterance: id, phrase: Some(index) });
        }
    }

    pub(super) fn draft(&mut self, id: UtteranceId, index: u32, until: u64, effects: &mut Vec<Effect>) {
        self.draft_over(id, effects);
        if let Some(utterance) = self.find(id) {
            utterance.add_draft(index, until);
        }
    }

    pub(super) fn draft_over(&mut self, id: UtteranceId, effects: &mut Vec<Effect>) {
        let Some(draft) = self.find(id).and_then(|utterance| utterance.draft.take()) else { return };
        if draft.state != Segment::Waiting {
            effects.push(Effect::Drafted { utterance: id, index: draft.index, used: false });
        }
        if draft.state == Segment::Sent
            && let Some(run) = self.recogniser.as_mut().filter(|run| run.utterance == id)
        {
            run.purpose = Purpose::InVain;
            run.aborted = true;
            effects.push(Effect::AbortRecognition { utterance: id });
        }
    }

    pub(super) fn segment(&mut self, id: UtteranceId, index: u32, until: u64, effects: &mut Vec<Effect>) {
        let Some(utterance) = self.find(id) else { return };
        match utterance.add_segment(index, until) {
            Some(Segment::Done(_)) => effects.push(Effect::Drafted { utterance: id, index, used: true }),
            Some(Segment::Sent) => {
                effects.push(Effect::Drafted { utterance: id, index, used: true });
                if let Some(run) = self.recogniser.as_mut().filter(|run| run.utterance == id) {
                    run.purpose = Purpose::Segment;
                }
            }
            Some(Segment::Waiting) => {}
            None => self.draft_over(id, effects),
        }
    }

    pub(super) fn capture_ended(
        &mut self,
        id: UtteranceId,
        length: Duration,
        error: Option<Error>,
        effects: &mut Vec<Effect>,
    ) {
        let was_live = self.live.is_some() && self.utterances.back().is_some_and(|u| u.id == id);
        if self.find(id).is_none_or(|u| !u.capturing()) {
            return;
        }
        let mode = if was_live { self.close_live(effects) } else { None };
        let Some(utterance) = self.find(id) else { return };
        // Its segment never comes: the capture was given up.
        utterance.draft.take_if(|draft| draft.state == Segment::Waiting);
        if was_live && utterance.phase == Phase::Listening {
            // The microphone ended it, not the speaker.
            utterance.mark_at_end(mode, effects);
        }
        utterance.phase = Phase::Recognising;
        utterance.deadline = None;
        utterance.length = length;
        if let Some(error) = error {
            utterance.fail(error.clone());
            let place = if utterance.heard { Place::Recording } else { Place::Nowhere };
            self.report(place.named(error), effects);
        }
    }
}

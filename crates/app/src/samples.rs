//! The sound of segments in memory: what waits for the recogniser, what it works on, and how fast it is.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tawk_core::SAMPLE_RATE;
use tawk_core::backlog::{Backlog, Pace};
use tawk_core::session::UtteranceId;

/// See the module's text. Samples are 16 kHz mono.
#[derive(Default)]
pub(crate) struct Samples {
    /// The utterances of which anything may be kept.
    open: HashSet<UtteranceId>,
    /// What the recogniser has not had, or gave no answer to.
    segments: HashMap<(UtteranceId, u32), Arc<Vec<f32>>>,
    running: Option<Run>,
    pace: Pace,
}

/// What the recogniser works on.
struct Run {
    segment: (UtteranceId, u32),
    samples: Arc<Vec<f32>>,
    began: Instant,
    /// Whether the model had to be loaded first, so that the run tells nothing about the pace.
    loaded: bool,
}

impl Samples {
    /// From now on what is heard of `utterance` is kept.
    pub(crate) fn open(&mut self, utterance: UtteranceId) {
        self.open.insert(utterance);
    }

    /// Keeps a segment in place of the one that had this index before.
    pub(crate) fn keep(&mut self, utterance: UtteranceId, index: u32, samples: Vec<f32>) {
        if self.open.contains(&utterance) {
            self.segments.insert((utterance, index), Arc::new(samples));
        }
    }

    /// The segment is not needed any more.
    pub(crate) fn remove(&mut self, utterance: UtteranceId, index: u32) {
        self.segments.remove(&(utterance, index));
    }

    /// Nothing of `utterance` is needed any more.
    pub(crate) fn forget(&mut self, utterance: UtteranceId) {
        self.open.remove(&utterance);
        self.segments.retain(|(id, _), _| *id != utterance);
    }

    /// The recogniser begins with this segment.
    pub(crate) fn begin(&mut self, utterance: UtteranceId, index: u32, began: Instant) -> Arc<Vec<f32>> {
        let segment = (utterance, index);
        let samples = self.segments.remove(&segment).unwrap_or_default();
        self.running = Some(Run { segment, samples: Arc::clone(&samples), began, loaded: false });
        samples
    }

    /// The recogniser loads its model first.
    pub(crate) fn loading(&mut self) {
        if let Some(run) = &mut self.running {
            run.loaded = true;
        }
    }

    /// The recogniser has answered. What it gave no answer to may be wanted again.
    pub(crate) fn answered(&mut self, is_ok: bool, at: Instant) {
        let Some(run) = self.running.take() else { return };
        if is_ok && !run.loaded {
            self.pace.note(length(run.samples.len()), at.saturating_duration_since(run.began));
        }
        if !is_ok && self.open.contains(&run.segment.0) {
            self.segments.entry(run.segment).or_insert(run.samples);
        }
    }

    /// What it means that these segments wait.
    pub(crate) fn backlog(&self, waiting: impl Iterator<Item = (UtteranceId, u32)>) -> Backlog {
        let run = self.running.as_ref();
        let samples = waiting.filter_map(|segment| match run.filter(|run| run.segment == segment) {
            Some(run) => Some(run.samples.len()),
            None => self.segments.get(&segment).map(|samples| samples.len()),
        });
        let speech = length(samples.sum());
        self.pace.backlog(speech, run.map(|run| run.began.elapsed()).unwrap_or_default())
    }
}

fn length(samples: usize) -> Duration {
    Duration::from_secs_f64(samples as f64 / f64::from(SAMPLE_RATE))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: usize = SAMPLE_RATE as usize;
    const ONE: UtteranceId = UtteranceId(1);

    #[test]
    fn what_waits_is_counted_with_what_runs() {
        let mut samples = Samples::default();
        samples.open(ONE);
        for index in 0..3 {
            samples.keep(ONE, index, vec![0.0; 2 * SECOND]);
        }
        let began = Instant::now();
        samples.begin(ONE, 0, began);
        let waiting = || [(ONE, 0), (ONE, 1), (ONE, 2)].into_iter();
        assert_eq!(samples.backlog(waiting()), Backlog { speech: Duration::from_secs(6), ready_in: None });
        samples.answered(true, began + Duration::from_secs(6));
        let backlog = samples.backlog(waiting().skip(1));
        assert_eq!((backlog.speech.as_secs(), backlog.ready_in.map(|t| t.as_secs())), (4, Some(12)));
        // A run that had to load the model first says nothing.
        samples.begin(ONE, 1, began);
        samples.loading();
        samples.answered(true, began + Duration::from_secs(600));
        assert_eq!(samples.backlog([(ONE, 2)].into_iter()).ready_in.map(|t| t.as_secs()), Some(6));
    }

    #[test]
    fn an_unanswered_segment_can_be_asked_for_again_until_it_is_forgotten() {
        let mut samples = Samples::default();
        samples.open(ONE);
        samples.keep(ONE, 0, vec![0.5; 10]);
        samples.begin(ONE, 0, Instant::now());
        samples.answered(false, Instant::now());
        assert_eq!(*samples.begin(ONE, 0, Instant::now()), [0.5; 10]);
        // A newer one with the same index is not overwritten.
        samples.keep(ONE, 0, vec![0.7; 20]);
        samples.answered(false, Instant::now());
        assert_eq!(*samples.begin(ONE, 0, Instant::now()), [0.7; 20]);
        samples.forget(ONE);
        samples.answered(false, Instant::now());
        samples.keep(ONE, 1, vec![0.1; 10]);
        assert!(samples.begin(ONE, 0, Instant::now()).is_empty() && samples.begin(ONE, 1, Instant::now()).is_empty());
    }
}

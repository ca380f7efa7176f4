//! How long a dictation's steps took, for logs, `tawk bench` and the window. Lengths only; no text.

use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

/// A finished dictation in numbers. Times in ms.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Timing {
    /// From the press of the key to the first sample.
    pub key_to_first_sample: Option<f64>,
    /// From the press of the key to the panel's first picture; `None` when there is no panel.
    #[serde(default)]
    pub key_to_first_picture: Option<f64>,
    /// From the release of the key to the whole text.
    pub release_to_text: Option<f64>,
    /// From the release of the key until the typist began.
    pub release_to_first_key: Option<f64>,
    /// Of `release_to_first_key`, the part in which the recogniser did not work.
    pub own_overhead: Option<f64>,
    /// What the recogniser worked, drafts included.
    pub recognising: f64,
    /// Of that, for drafts that were overtaken by more speech.
    pub in_vain: f64,
    /// How many segments there were.
    pub segments: u32,
    /// Drafts whose text was their segment's.
    pub drafts_used: u32,
    /// Drafts that were in vain.
    pub drafts_in_vain: u32,
    /// The length of the recording.
    pub audio: f64,
}

/// Drafts may be in vain for this share of the time that was spoken.
const MOST_IN_VAIN: f64 = 0.5;

/// Measures one dictation.
#[derive(Debug)]
pub(crate) struct Stopwatch {
    began: Instant,
    released: Option<Instant>,
    /// When the recogniser began with what it works on.
    running: Option<Instant>,
    /// Whether what it works on was overtaken.
    runs_in_vain: bool,
    /// How long its last run took.
    last_run: Duration,
    /// What the recogniser has worked since the release.
    after_release: Duration,
    timing: Timing,
}

impl Stopwatch {
    pub(crate) fn start(at: Instant) -> Self {
        Self {
            began: at,
            released: None,
            running: None,
            runs_in_vain: false,
            last_run: Duration::ZERO,
            after_release: Duration::ZERO,
            timing: Timing::default(),
        }
    }

    pub(crate) fn first_samples(&mut self, at: Instant) {
        self.timing.key_to_first_sample.get_or_insert(ms(at.saturating_duration_since(self.began)));
    }

    pub(crate) fn first_picture(&mut self, at: Instant) {
        self.timing.key_to_first_picture.get_or_insert(ms(at.saturating_duration_since(self.began)));
    }

    pub(crate) fn released(&mut self, at: Instant) {
        self.released.get_or_insert(at);
    }

    pub(crate) fn recogniser_began(&mut self, at: Instant) {
        self.running = Some(at);
    }

    pub(crate) fn recogniser_ended(&mut self, at: Instant) {
        let Some(began) = self.running.take() else { return };
        let took = at.saturating_duration_since(began);
        self.timing.recognising += ms(took);
        self.last_run = took;
        if std::mem::take(&mut self.runs_in_vain) {
            self.timing.in_vain += ms(took);
        }
        if let Some(released) = self.released {
            self.after_release += at.saturating_duration_since(began.max(released));
        }
    }

    pub(crate) fn segment(&mut self) {
        self.timing.segments += 1;
    }

    pub(crate) fn drafted(&mut self, used: bool) {
        let count = if used { &mut self.timing.drafts_used } else { &mut self.timing.drafts_in_vain };
        *count += 1;
        if !used && self.running.is_some() {
            self.runs_in_vain = true;
        } else if !used {
            self.timing.in_vain += ms(self.last_run);
        }
    }

    /// Whether drafts have cost so much in vain that no more should be begun, `spoken` into the recording. A speaker who
    /// hesitates often would otherwise keep the recogniser from the segments. With more speech it evens out again.
    pub(crate) fn wastes(&self, spoken: Duration) -> bool {
        self.timing.in_vain > ms(spoken) * MOST_IN_VAIN
    }

    pub(crate) fn captured(&mut self, length: Duration) {
        self.timing.audio = ms(length);
    }

    pub(crate) fn text(&mut self, at: Instant) {
        self.timing.release_to_text = self.since_release(at);
    }

    /// Of the keys that come while the user still speaks none counts, and of those after the release only the first.
    pub(crate) fn first_key(&mut self, at: Instant) {
        if self.timing.release_to_first_key.is_some() {
            return;
        }
        self.timing.release_to_first_key = self.since_release(at);
        self.timing.own_overhead = self.since_release(at).map(|all| (all - ms(self.after_release)).max(0.0));
    }

    pub(crate) fn timing(&self) -> Timing {
        self.timing
    }

    fn since_release(&self, at: Instant) -> Option<f64> {
        self.released.map(|released| ms(at.saturating_duration_since(released)))
    }
}

fn ms(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drafts_in_vain_are_bounded_by_what_was_spoken() {
        let start = Instant::now();
        let mut watch = Stopwatch::start(start);
        let spoken = Duration::from_millis;
        assert!(!watch.wastes(spoken(0)));
        watch.recogniser_began(start);
        watch.drafted(false);
        watch.recogniser_ended(start + Duration::from_millis(600));
        assert!(watch.wastes(spoken(1_100)));
        assert!(!watch.wastes(spoken(1_200)), "and then again");
    }

    #[test]
    fn overhead_is_what_the_recogniser_did_not_take() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut watch = Stopwatch::start(start);
        watch.first_samples(at(40));
        watch.first_samples(at(90));
        watch.first_picture(at(12));
        watch.recogniser_began(at(900));
        watch.released(at(1000));
        watch.recogniser_ended(at(1200));
        watch.recogniser_began(at(1205));
        watch.drafted(false);
        watch.recogniser_ended(at(1305));
        watch.text(at(1306));
        watch.first_key(at(1310));
        let timing = watch.timing();
        assert_eq!((timing.key_to_first_sample, timing.key_to_first_picture), (Some(40.0), Some(12.0)));
        assert_eq!(timing.release_to_text, Some(306.0));
        assert_eq!(timing.release_to_first_key, Some(310.0));
        assert_eq!(timing.own_overhead, Some(10.0), "5 between the runs and 5 after them");
        assert_eq!((timing.recognising, timing.in_vain), (400.0, 100.0));
    }
}

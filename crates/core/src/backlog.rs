//! How far recognition is behind speech, estimated from how fast it was lately.

use std::collections::VecDeque;
use std::time::Duration;

/// How many recognitions the pace is taken from: enough to even out short segments, few enough to follow a machine that
/// other work slows down.
const RUNS: usize = 5;

/// A wait that a user is told about. A shorter one is over before it is read.
pub const NOTABLE: Duration = Duration::from_secs(2);

/// So much speech that waits is told even before anything was recognised and the pace is known.
const MUCH_SPEECH: Duration = Duration::from_secs(15);

/// How fast speech is recognised on this machine.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Pace {
    /// The length of the sound and the time it took, of the last recognitions.
    runs: VecDeque<(Duration, Duration)>,
}

/// Speech that was not recognised yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// Its length.
    pub speech: Duration,
    /// How long recognising it will take; `None` while nothing is known about this machine.
    pub ready_in: Option<Duration>,
}

impl Pace {
    /// Takes a recognition that ran to its end: so much sound took so long.
    pub fn note(&mut self, sound: Duration, took: Duration) {
        if sound.is_zero() {
            return;
        }
        self.runs.push_back((sound, took));
        while self.runs.len() > RUNS {
            self.runs.pop_front();
        }
    }

    /// Seconds of work for a second of sound; below 1 the machine keeps up.
    pub fn factor(&self) -> Option<f64> {
        let sound: Duration = self.runs.iter().map(|run| run.0).sum();
        let took: Duration = self.runs.iter().map(|run| run.1).sum();
        (!sound.is_zero()).then(|| took.as_secs_f64() / sound.as_secs_f64())
    }

    /// What `speech` means that waits, with what is being recognised, which has been for `since`.
    pub fn backlog(&self, speech: Duration, since: Duration) -> Backlog {
        let ready_in = self.factor().and_then(|factor| Duration::try_from_secs_f64(speech.as_secs_f64() * factor).ok());
        Backlog { speech, ready_in: ready_in.map(|all| all.saturating_sub(since)) }
    }
}

impl Backlog {
    /// Whether the user should know.
    pub fn is_notable(&self) -> bool {
        self.ready_in.map_or(self.speech > MUCH_SPEECH, |ready_in| ready_in > NOTABLE)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const fn s(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn the_estimate_follows_the_last_runs() {
        let mut pace = Pace::default();
        assert_eq!(pace.backlog(s(10), s(0)), Backlog { speech: s(10), ready_in: None });
        pace.note(s(4), s(2));
        assert_eq!(pace.factor(), Some(0.5));
        assert_eq!(pace.backlog(s(10), s(1)).ready_in, Some(s(4)));
        for _ in 0..RUNS {
            pace.note(s(4), s(8));
        }
        assert_eq!(pace.factor(), Some(2.0), "what was long ago is forgotten");
        assert_eq!(pace.backlog(s(10), s(30)).ready_in, Some(s(0)), "late already, but not ready before now");
    }

    #[test]
    fn long_runs_count_more_than_short_ones() {
        let mut pace = Pace::default();
        pace.note(s(1), s(3));
        pace.note(s(29), s(12));
        assert_eq!(pace.factor(), Some(0.5));
    }

    #[test]
    fn only_a_wait_that_is_felt_is_told() {
        let mut pace = Pace::default();
        assert!(!pace.backlog(s(15), s(0)).is_notable() && pace.backlog(s(16), s(0)).is_notable());
        pace.note(s(1), s(1));
        assert!(!pace.backlog(s(2), s(0)).is_notable() && pace.backlog(s(3), s(0)).is_notable());
        assert!(!pace.backlog(s(0), s(0)).is_notable());
    }

    proptest! {
        #[test]
        fn more_speech_never_takes_less(
            runs in prop::collection::vec((1u64..60_000, 0u64..600_000), 1..20),
            (less, more) in (0u64..3_600_000, 0u64..3_600_000),
            since in 0u64..100_000,
        ) {
            let ms = Duration::from_millis;
            let mut pace = Pace::default();
            for (sound, took) in runs {
                pace.note(ms(sound), ms(took));
            }
            let short = pace.backlog(ms(less), ms(since));
            let long = pace.backlog(ms(less + more), ms(since));
            prop_assert!(short.ready_in <= long.ready_in);
            prop_assert!(!short.is_notable() || long.is_notable());
        }
    }
}

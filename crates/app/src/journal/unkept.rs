//! Recordings that the disk did not take when they were over. They wait in memory until it does.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use tawk_core::session::UtteranceId;
use tawk_store::Recording;
use tawk_store::journal::Fate;

/// So much may wait in memory, in bytes: 10 minutes of sound. Then the oldest gives way, and of that what is on the disk
/// stays.
const MOST_WAITING: usize = 10 * 60 * tawk_core::SAMPLE_RATE as usize * 2;

/// When the disk is tried again after a refusal, and the longest that this grows to.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What could not be kept yet, the oldest first.
#[derive(Default)]
pub(super) struct Unkept {
    recordings: VecDeque<(UtteranceId, Recording, Fate)>,
    pause: Duration,
    due: Option<Instant>,
}

impl Unkept {
    /// When to try again; `None` while nothing waits.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Adds one. Returns how many gave way to it.
    pub(super) fn add(&mut self, utterance: UtteranceId, recording: Recording, fate: Fate) -> usize {
        self.recordings.push_back((utterance, recording, fate));
        let before = self.recordings.len();
        while self.recordings.len() > 1 && self.waiting() > MOST_WAITING {
            self.recordings.pop_front();
        }
        self.pause = FIRST_PAUSE;
        self.due = Some(Instant::now() + self.pause);
        before - self.recordings.len()
    }

    /// Gives up the one of `utterance`: something else becomes of it.
    pub(super) fn take(&mut self, utterance: UtteranceId) -> Option<Recording> {
        let at = self.recordings.iter().position(|(other, ..)| *other == utterance)?;
        let taken = self.recordings.remove(at).map(|(_, recording, _)| recording);
        self.due = self.due.filter(|_| !self.recordings.is_empty());
        taken
    }

    /// Tries all of them, and returns those that are kept now.
    pub(super) fn try_again(&mut self) -> Vec<(UtteranceId, PathBuf)> {
        let mut kept = Vec::new();
        self.recordings.retain_mut(|(utterance, recording, fate)| match recording.seal(*fate) {
            Ok(path) => {
                kept.push((*utterance, path));
                false
            }
            Err(error) => {
                tracing::debug!(%utterance, "still not kept: {error}");
                true
            }
        });
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        self.due = (!self.recordings.is_empty()).then(|| Instant::now() + self.pause);
        kept
    }

    fn waiting(&self) -> usize {
        self.recordings.iter().map(|(_, recording, _)| recording.waiting()).sum()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use tawk_core::session::KeepReason;
    use tawk_store::Recordings;

    use super::*;

    const FATE: Fate = Fate::Kept(KeepReason::Cancelled);

    fn recording(recordings: &Recordings, second: u64, seconds: usize) -> Recording {
        let mut recording = recordings.start(UNIX_EPOCH + Duration::from_secs(second));
        recording.append(0, &vec![0.1; seconds * tawk_core::SAMPLE_RATE as usize]);
        recording
    }

    #[test]
    fn they_are_kept_as_soon_as_the_disk_takes_them() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("recordings");
        fs::write(&folder, "in the way").unwrap();
        let recordings = Recordings::at(&folder);
        let mut unkept = Unkept::default();
        assert!(unkept.due().is_none() && unkept.try_again().is_empty());
        for number in 0..2 {
            let mut one = recording(&recordings, number, 1);
            one.seal(FATE).unwrap_err();
            assert_eq!(unkept.add(UtteranceId(number), one, FATE), 0);
        }
        assert!(unkept.try_again().is_empty());
        let first = unkept.due().unwrap();
        assert!(unkept.try_again().is_empty());
        assert!(unkept.due().unwrap() > first, "the pause grows");
        let mut other = recording(&recordings, 9, 1);
        other.seal(FATE).unwrap_err();
        unkept.add(UtteranceId(9), other, FATE);
        assert!(unkept.take(UtteranceId(9)).is_some() && unkept.take(UtteranceId(9)).is_none());
        fs::remove_file(&folder).unwrap();
        let kept = unkept.try_again();
        assert_eq!(kept.iter().map(|(utterance, _)| utterance.0).collect::<Vec<_>>(), [0, 1]);
        for (_, path) in kept {
            // A header of 44 bytes, and the samples.
            assert_eq!(fs::metadata(path).unwrap().len(), 44 + 32_000);
        }
        assert!(unkept.due().is_none());
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 2, "no journal is left");
    }

    #[test]
    fn ten_minutes_wait_at_the_most() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), "").unwrap();
        let recordings = Recordings::at(root.path().join("file/recordings"));
        let mut unkept = Unkept::default();
        let gone: Vec<_> =
            (0..4).map(|number| unkept.add(UtteranceId(number), recording(&recordings, number, 240), FATE)).collect();
        assert_eq!(gone, [0, 0, 1, 1]);
        assert!(unkept.waiting() <= MOST_WAITING);
    }
}

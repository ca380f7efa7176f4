//! Recordings whose dictation never got into the history, because Tawk ended between the two: they are taken in later, so
//! that everything that was kept can be found, played and recognised again.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tawk_core::{Result, SAMPLE_RATE};

use super::{Dictation, History};
use crate::journal::Fate;
use crate::recording::stem_of;
use crate::timestamp::moment;

/// Bytes of a WAV file before its samples, as recordings are written.
const WAV_HEADER: u64 = 44;
const BYTES_PER_SAMPLE: u64 = 2;

impl History {
    /// When something was last written to the history, or removed from it; `None` when there is none.
    pub fn written(&self) -> Option<SystemTime> {
        fs::metadata(self.path()).and_then(|facts| facts.modified()).ok()
    }

    /// Adds a dictation without a text for every recording that was kept after `written`, was begun before `until`, and belongs
    /// to no dictation. What is older was forgotten on purpose, or made before there was a history. What was kept while the
    /// history was off is found once it is on again, if nothing was written to it meanwhile. Returns how many were added.
    ///
    /// # Errors
    /// `Storage`.
    pub fn adopt(&self, written: Option<SystemTime>, until: SystemTime) -> Result<usize> {
        let until = until.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis();
        let owned = if self.file.exists() { self.owned()? } else { HashMap::new() };
        let is_new = |path: &Path| {
            let kept = fs::metadata(path).and_then(|facts| facts.modified());
            written.is_none_or(|written| kept.is_ok_and(|kept| kept > written))
        };
        let orphan = |(path, fate): &(PathBuf, Fate)| {
            let stem = stem_of(path.file_name()?.to_str()?)?;
            let at_ms = i64::try_from(moment(stem)?).ok()?;
            let Fate::Kept(reason) = fate else { return None };
            let is_earlier = u128::try_from(at_ms).ok()? < until;
            (is_earlier && is_new(path) && !owned.contains_key(stem)).then(|| Dictation {
                at_ms,
                fate: reason.word().into(),
                length_ms: length_ms(path),
                audio: Some(path.clone()),
                ..Dictation::default()
            })
        };
        // The oldest first, so that their numbers follow their times.
        let orphans: Vec<_> = self.sealed().iter().rev().filter_map(orphan).collect();
        for dictation in &orphans {
            self.add(dictation)?;
        }
        Ok(orphans.len())
    }
}

fn length_ms(path: &Path) -> u64 {
    let bytes = fs::metadata(path).map_or(0, |facts| facts.len()).saturating_sub(WAV_HEADER);
    bytes / BYTES_PER_SAMPLE * 1000 / u64::from(SAMPLE_RATE)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::tests::{Home, said};
    use super::*;

    /// A recording of a second, kept so many seconds after [`now`].
    fn recording(home: &Home, name: &str, after: i64) -> PathBuf {
        let path = home.folders.recordings.join(name);
        fs::write(&path, vec![0; 44 + 32_000]).unwrap();
        let kept = if after < 0 {
            now() - Duration::from_secs(after.unsigned_abs())
        } else {
            now() + Duration::from_secs(after.unsigned_abs())
        };
        fs::File::options().write(true).open(&path).unwrap().set_modified(kept).unwrap();
        path
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(1_700_000_000_000)
    }

    #[test]
    fn what_was_kept_and_never_remembered_is_found_and_nothing_else() {
        let home = Home::new();
        let old = recording(&home, "20231114T000000.000Z-held.wav", -5);
        let known = recording(&home, "20231114T221320.000Z-cancelled.wav", 1);
        home.history.add(&Dictation { audio: Some(known), ..said("One.") }).unwrap();
        let lost = recording(&home, "20231114T221321.500Z-cancelled.wav", 3);
        let twice = recording(&home, "20231114T221321.500Z.2-failed.wav", 4);
        recording(&home, "20231114T221330.000Z-delivered.wav", 12);
        recording(&home, "20231114T221340.000Z-unfinished.wav", 22);
        let later = recording(&home, "20231114T221400.000Z-held.wav", 41);
        let adopt = || home.history.adopt(Some(now()), now() + Duration::from_secs(40)).unwrap();
        assert_eq!(adopt(), 2);
        let all = home.history.list(None, 9).unwrap();
        let found: Vec<_> = all.iter().map(|one| (one.dictation.fate.as_str(), one.dictation.audio.clone())).collect();
        assert_eq!(found[..2], [("failed", Some(twice)), ("cancelled", Some(lost))]);
        assert_eq!(found.len(), 3);
        let one = &all[1].dictation;
        assert_eq!((one.at_ms, one.length_ms, one.text.as_str()), (1_700_000_001_500, 1000, ""));
        assert_eq!(adopt(), 0, "once is enough");
        assert!(old.exists() && later.exists());
    }

    #[test]
    fn what_was_deleted_or_forgotten_does_not_bring_older_ones_back() {
        let home = Home::new();
        recording(&home, "20231114T000000.000Z-held.wav", 0);
        home.history.add(&said("One.")).unwrap();
        assert!(home.history.written().is_some());
        home.history.delete_all().unwrap();
        recording(&home, "20231114T000001.000Z-held.wav", 0);
        assert_eq!(home.history.adopt(home.history.written(), SystemTime::now()).unwrap(), 0);
    }

    #[test]
    fn without_a_history_all_are_new() {
        let home = Home::new();
        assert_eq!((home.history.written(), home.history.adopt(None, SystemTime::now()).unwrap()), (None, 0));
        recording(&home, "20231114T000000.000Z-held.wav", 0);
        recording(&home, "20231399T000000.000Z-held.wav", 0);
        assert_eq!(home.history.adopt(None, SystemTime::now()).unwrap(), 1, "the other has no time");
    }
}

//! Recordings whose dictation never got into the history, because Tawk ended between the two: they are taken in later, so
//! that everything that was kept can be found, played and recognised again.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs;
use std::path::Path;
use std::time::SystemTime;

use tawk_core::{Result, SAMPLE_RATE};

use super::clock::{Seen, milliseconds};
use super::{Dictation, History, SPOKEN, TYPED, insert};
use crate::journal::Fate;
use crate::recording::{WAV_HEADER, stem_of};
use crate::timestamp::moment;

const BYTES_PER_SAMPLE: u64 = 2;

/// What there was when this run began.
#[derive(Clone, Debug)]
pub struct Earlier {
    /// The stems of recordings, whatever state they were in.
    stems: HashSet<String>,
    /// When the history was last written; `None` when there was none.
    written: Option<SystemTime>,
}

impl History {
    /// Looks what recordings there are, before this run makes any. Nothing in it depends on the clock.
    pub fn earlier(&self) -> Earlier {
        Earlier {
            stems: self.stems().collect(),
            written: fs::metadata(self.path()).and_then(|facts| facts.modified()).ok(),
        }
    }

    /// Adds a dictation without a text for every recording of `earlier` runs that was kept and belongs to no dictation, but for
    /// those that [`History::pass_over`] has noted. Where it never was, what is older than the history was made before there
    /// was one. Once a damaged history was set aside, recordings whose text was delivered are added as well: their
    /// dictations are lost. Returns how many were added.
    ///
    /// # Errors
    /// `Storage`.
    pub fn adopt(&self, earlier: &Earlier) -> Result<usize> {
        let owned = if self.file.exists() { self.owned()? } else { HashMap::new() };
        let seen = self.clock.seen();
        let (strays, lost) = (self.strays.stems(), self.strays.lost());
        let kept = |path: &Path| fs::metadata(path).and_then(|facts| facts.modified()).ok();
        let is_stray = |stem: &str, path: &Path| match &strays {
            Some(strays) => strays.contains(stem),
            None if lost.contains(stem) => false,
            None => earlier.written.is_some_and(|written| kept(path).is_none_or(|kept| kept <= written)),
        };
        let (mut orphans, mut passed_over) = (Vec::new(), BTreeSet::new());
        // The oldest first, so that their numbers follow their times.
        for (path, fate) in self.sealed().into_iter().rev() {
            let Some(stem) = path.file_name().and_then(|name| stem_of(name.to_str()?)).map(str::to_owned) else {
                continue;
            };
            if owned.contains_key(&stem) || !earlier.stems.contains(&stem) {
                continue;
            }
            if is_stray(&stem, &path) {
                passed_over.insert(stem);
                continue;
            }
            let is_lost = lost.contains(&stem);
            let word = match fate {
                Fate::Kept(reason) => reason.word(),
                Fate::Delivered if is_lost => TYPED,
                Fate::Delivered => continue,
            };
            let Some(at_ms) = moment(&stem).and_then(|at_ms| i64::try_from(at_ms).ok()) else { continue };
            // The file's time is mended when the clock was wrong; its name is not.
            let mended = kept(&path).map(milliseconds).filter(|&kept| kept > at_ms);
            let behind = seen.filter(|seen| seen.may_be_behind(mended.unwrap_or(at_ms)));
            let added = behind.map(Seen::floor).or(mended).unwrap_or(SPOKEN);
            let length_ms = length_ms(&path);
            let dictation =
                Dictation { at_ms, fate: word.into(), length_ms, audio: Some(path), ..Dictation::default() };
            orphans.push((dictation, added));
        }
        if !orphans.is_empty() {
            self.work(|connection| {
                orphans.iter().try_for_each(|(dictation, added)| Ok(insert(connection, dictation, *added).map(drop)?))
            })?;
        }
        // Not noted, they are looked at again.
        if let Err(error) = self.strays.settle(passed_over, BTreeSet::new()) {
            tracing::warn!("which recordings are not to be remembered is not noted: {error}");
        }
        Ok(orphans.len())
    }

    /// Notes that the recordings which belong to no dictation now are to stay so, because the history is off. Those that were
    /// there when a history was lost are not meant.
    ///
    /// # Errors
    /// `Storage`.
    pub fn pass_over(&self) -> Result<()> {
        self.note_strays(false)
    }

    /// As [`History::pass_over`], or for `all` of them.
    pub(super) fn note_strays(&self, all: bool) -> Result<()> {
        let sealed = self.sealed();
        let owned = if self.file.exists() && !sealed.is_empty() { self.owned()? } else { HashMap::new() };
        // Only now: the look may have found the history damaged.
        let lost = if all { BTreeSet::new() } else { self.strays.lost() };
        let stems = sealed.iter().filter_map(|(path, _)| stem_of(path.file_name()?.to_str()?));
        let strays = stems.filter(|&stem| !owned.contains_key(stem) && !lost.contains(stem));
        let strays: BTreeSet<_> = strays.map(str::to_owned).collect();
        // Without any there is nothing to note, and nothing is made by looking.
        if strays.is_empty() && !self.strays.exists() {
            return Ok(());
        }
        self.strays.settle(strays, lost)
    }

    /// The stems of all recordings, whatever state they are in.
    pub(super) fn stems(&self) -> impl Iterator<Item = String> {
        let files = fs::read_dir(&self.recordings).into_iter().flatten().flatten();
        files.filter_map(|file| stem_of(file.file_name().to_str()?).map(str::to_owned))
    }
}

fn length_ms(path: &Path) -> u64 {
    let bytes = fs::metadata(path).map_or(0, |facts| facts.len()).saturating_sub(WAV_HEADER as u64);
    bytes / BYTES_PER_SAMPLE * 1000 / u64::from(SAMPLE_RATE)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;
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
        let earlier = Earlier { written: Some(now()), ..home.history.earlier() };
        let later = recording(&home, "20231114T221400.000Z-held.wav", 41);
        let adopt = || home.history.adopt(&earlier).unwrap();
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
        home.history.delete_all().unwrap();
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
    }

    #[test]
    fn what_was_kept_while_the_history_was_off_stays_out_of_it() {
        let home = Home::new();
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
        home.history.pass_over().unwrap();
        recording(&home, "20231114T000000.000Z-held.wav", 0);
        home.history.pass_over().unwrap();
        let lost = recording(&home, "20231114T000001.000Z-held.wav", 0);
        for _ in 0..2 {
            home.history.adopt(&home.history.earlier()).unwrap();
            let all = home.history.list(None, 9).unwrap();
            assert_eq!((all.len(), all[0].dictation.audio.as_ref()), (1, Some(&lost)));
        }
    }

    #[test]
    fn whatever_the_clock_said_a_crash_leaves_nothing_out() {
        let home = Home::new();
        home.say("One.");
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
        // The history was written just now, in another century than any of these.
        let past = recording(&home, "20010101T000000.000Z-held.wav", -600_000_000);
        let future = recording(&home, "20990101T000000.000Z-failed.wav", 2_300_000_000);
        let earlier = home.history.earlier();
        recording(&home, "20010101T000010.000Z-held.wav", -600_000_000);
        assert_eq!(home.history.adopt(&earlier).unwrap(), 2, "but what this run makes is told by itself");
        let all = home.history.list(None, 9).unwrap();
        let audio: Vec<_> = all.iter().filter_map(|one| one.dictation.audio.clone()).collect();
        assert_eq!(audio, [future, past]);
    }

    #[test]
    fn a_lost_history_gives_all_its_recordings_back() {
        let home = Home::new();
        let off = recording(&home, "20231113T000000.000Z-held.wav", -90_000);
        home.history.pass_over().unwrap();
        for (name, text) in [("20231114T000000.000Z-held.wav", ""), ("20231114T000001.000Z-delivered.wav", "One.")] {
            let audio = Some(recording(&home, name, -50_000));
            home.history.add(&Dictation { audio, ..said(text) }).unwrap();
        }
        fs::write(home.history.path(), "rubbish ".repeat(1000)).unwrap();
        assert_eq!(home.history.list(None, 9).unwrap(), []);
        home.history.pass_over().unwrap();
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 2);
        let all = home.history.list(None, 9).unwrap();
        let fates: Vec<_> = all.iter().map(|one| (one.dictation.fate.as_str(), one.dictation.at_ms)).collect();
        assert_eq!(fates, [("typed", 1_699_920_001_000), ("held", 1_699_920_000_000)]);
        assert!(off.exists());
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0, "once is enough");
    }

    #[test]
    fn a_lost_history_takes_in_nothing_of_the_time_in_which_it_is_off() {
        for finds_it_when_off in [true, false] {
            let home = Home::new();
            let audio = Some(recording(&home, "20231114T000000.000Z-held.wav", -50_000));
            home.history.add(&Dictation { audio: audio.clone(), ..said("") }).unwrap();
            fs::write(home.history.path(), "rubbish ".repeat(1000)).unwrap();
            if !finds_it_when_off {
                assert_eq!(home.history.list(None, 9).unwrap(), []);
            }
            home.history.pass_over().unwrap();
            // The history is off for a while, in which recordings are kept and texts typed.
            for name in ["20231115T000000.000Z-held.wav", "20231115T000001.000Z-delivered.wav"] {
                recording(&home, name, 50_000);
                home.history.pass_over().unwrap();
            }
            assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 1);
            assert_eq!(home.history.list(None, 9).unwrap()[0].dictation.audio, audio);
            assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0, "once is enough");
        }
    }

    #[test]
    fn what_was_deleted_after_a_loss_stays_away() {
        let home = Home::new();
        let audio = Some(recording(&home, "20231114T000000.000Z-held.wav", -50_000));
        home.history.add(&Dictation { audio, ..said("") }).unwrap();
        fs::write(home.history.path(), "rubbish ".repeat(1000)).unwrap();
        assert_eq!(home.history.list(None, 9).unwrap(), []);
        home.history.delete_all().unwrap();
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
    }

    #[test]
    fn without_a_history_all_are_new() {
        let home = Home::new();
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
        recording(&home, "20231114T000000.000Z-held.wav", 0);
        recording(&home, "20231399T000000.000Z-held.wav", 0);
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 1, "the other has no time");
    }

    #[test]
    fn what_is_older_than_the_first_history_stays_out_of_it() {
        let home = Home::new();
        recording(&home, "20231114T000000.000Z-held.wav", 0);
        home.say("One.");
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
        assert_eq!(home.history.adopt(&home.history.earlier()).unwrap(), 0);
    }
}

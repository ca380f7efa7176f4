//! What goes by itself, and what never does. The one rule about the retention of texts and recordings:
//!
//! - A dictation goes after [`Limits::days`], or when [`Limits::count`] newer ones are there, and its recording goes with it,
//!   whatever became of it. As long as it is there, its recording stays.
//! - Beyond [`Limits::megabytes`] the oldest recordings go; their texts stay.
//! - A recording that may be all there is of some of what was said, because no text was recognised in it or not all of it was
//!   typed, is removed neither by number nor by size, nor is its dictation: only by age, and until then the history shows it.
//!   Once it was recognised again, it is like any other.
//! - A recording that no dictation names (the history is off, or was damaged) goes by the same age; if its text was delivered,
//!   by size too.
//! - A journal in which nothing could be read, and a damaged history that was set aside, go by that age as well.
//! - Days are those that Tawk has seen pass: see [`super::clock`]. After a long absence what is due goes two days late, and a
//!   clock that is wrong for some hours makes nothing old.
//! - What a crash has cut short stays until the user recovers or discards it, which the menu offers at every start.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tawk_core::Result;
use tawk_core::settings::HistorySettings;

use super::clock::{DAY_MS, SETTLED_MS, Seen, milliseconds, moment_of};
use super::{History, remove};
use crate::journal::Fate;
use crate::recording::{fate_of, is_damaged, stem_of};

/// Whether a dictation's recording may be all there is of some of what was said.
const IS_NEEDED: &str = "(text = '' OR (first_text IS NULL AND fate NOT IN ('typed', 'recovered')))";

/// From when a dictation's age counts, in ms since 1970.
const SINCE: &str = "coalesce(nullif(added_ms, 0), at_ms)";

/// How much stays. 0 is no limit. The rule is in the module's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Dictations that are older go, and recordings that belong to none.
    pub days: u32,
    /// So many dictations stay, the newest.
    pub count: u32,
    /// Recordings beyond this many megabytes (1,000,000 bytes) go, the oldest first; their texts stay.
    pub megabytes: u32,
}

impl From<&HistorySettings> for Limits {
    fn from(settings: &HistorySettings) -> Self {
        Self { days: settings.keep_days, count: settings.keep_count, megabytes: settings.keep_mb }
    }
}

/// From when ages count at a look.
#[derive(Clone, Copy, Debug)]
struct Ages {
    /// What was known of the clock before the look, and what is known now.
    seen: (Seen, Seen),
    /// What is from before this moment is too old, in ms since 1970; `None` without a limit.
    oldest: Option<i64>,
}

impl Ages {
    /// Whether the clock is believed, so that what is from a later time is known to be wrong.
    fn are_certain(&self) -> bool {
        self.seen.1.doubted.is_none()
    }

    /// Whether a file is too old. One that was written while the clock was wrong, as far as that is known, is given the time
    /// that is known instead.
    fn are_over_for(&self, path: &Path) -> bool {
        let Some(written) = fs::metadata(path).and_then(|facts| facts.modified()).ok().map(milliseconds) else {
            return false;
        };
        let known = self.seen.1.believed;
        let is_from_a_doubt = |seen: Seen| {
            let first = seen.doubted.filter(|&first| first < seen.believed);
            first.is_some_and(|first| {
                (first.saturating_sub(DAY_MS)..first.saturating_add(SETTLED_MS)).contains(&written)
            })
        };
        let is_early = written < known && (is_from_a_doubt(self.seen.0) || is_from_a_doubt(self.seen.1));
        let is_late = self.are_certain() && written > known.saturating_add(DAY_MS);
        if is_early || is_late {
            let file = fs::File::options().write(true).open(path);
            if let Err(error) = file.and_then(|file| file.set_modified(moment_of(known))) {
                tracing::warn!("a file keeps a time that is wrong: {error}");
            }
            return false;
        }
        self.oldest.is_some_and(|oldest| written < oldest)
    }
}

impl History {
    /// Removes what is beyond `limits` at `now` and returns the number of dictations that went.
    ///
    /// # Errors
    /// `Storage`.
    pub fn prune(&self, limits: Limits, now: SystemTime) -> Result<usize> {
        let aside: Vec<_> = self.file.set_aside_before().into_iter().chain(self.damaged()).collect();
        // Where nothing is kept nothing grows old, and not even the time is written.
        if !self.file.exists() && aside.is_empty() && self.sealed().is_empty() {
            return Ok(0);
        }
        let seen = self.clock.look(now, limits.days, || self.last_known());
        let age = i64::from(limits.days) * DAY_MS;
        let ages = Ages { seen, oldest: (limits.days > 0).then(|| seen.1.believed.saturating_sub(age)) };
        let mut count = 0;
        let mut owned = HashMap::new();
        if self.file.exists() {
            let (ids, audio) = self.outdated(ages, limits.count)?;
            count = ids.len();
            self.forget(&ids, &audio)?;
            owned = self.owned()?;
        }
        self.prune_audio(&owned, ages, u64::from(limits.megabytes) * 1_000_000)?;
        // A damaged history holds what was said, too.
        for path in aside.iter().filter(|path| ages.are_over_for(path)) {
            remove(path)?;
        }
        Ok(count)
    }

    /// The last moment of which the history or the recordings tell, in ms since 1970.
    fn last_known(&self) -> Option<i64> {
        let newest = |connection: &rusqlite::Connection| {
            Ok(connection.query_row(&format!("SELECT max({SINCE}) FROM dictation"), [], |row| row.get(0))?)
        };
        let remembered: Option<i64> = self.file.exists().then(|| self.work(newest).ok().flatten()).flatten();
        let written = |(path, _): (PathBuf, Fate)| fs::metadata(path).and_then(|facts| facts.modified()).ok();
        remembered.or_else(|| self.sealed().into_iter().filter_map(written).map(milliseconds).max())
    }

    fn outdated(&self, ages: Ages, most: u32) -> Result<(Vec<i64>, Vec<PathBuf>)> {
        let oldest = ages.oldest.unwrap_or(i64::MIN);
        let most = if most == 0 { i64::MAX } else { i64::from(most) };
        let known = ages.seen.1.believed;
        let rows = self.work(|connection| {
            if ages.are_certain() {
                // Remembered while the clock was ahead: otherwise these would stay for as long as it was.
                connection.execute(
                    &format!("UPDATE dictation SET added_ms = ?1 WHERE {SINCE} > ?2"),
                    [known, known.saturating_add(DAY_MS)],
                )?;
            }
            let mut rows = connection.prepare(&format!(
                "SELECT id, audio FROM dictation
                 WHERE {SINCE} < ?1
                    OR (NOT (audio IS NOT NULL AND {IS_NEEDED})
                        AND id NOT IN (SELECT id FROM dictation ORDER BY id DESC LIMIT ?2))"
            ))?;
            let rows = rows.query_map([oldest, most], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<Vec<(i64, _)>>>()?)
        })?;
        let (ids, names): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok((ids, names.into_iter().filter_map(|name| self.recording(name)).collect()))
    }

    /// The stems of the recordings that belong to a dictation, and whether one may be all there is of some of what was said.
    pub(super) fn owned(&self) -> Result<HashMap<String, bool>> {
        self.work(|connection| {
            let query = format!("SELECT audio, {IS_NEEDED} FROM dictation WHERE audio IS NOT NULL");
            let mut rows = connection.prepare(&query)?;
            let rows = rows.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, bool>(1)?)))?;
            let rows = rows.collect::<rusqlite::Result<Vec<_>>>()?;
            Ok(rows.into_iter().filter_map(|(name, needed)| Some((stem_of(&name)?.to_owned(), needed))).collect())
        })
    }

    fn prune_audio(&self, owned: &HashMap<String, bool>, ages: Ages, most_bytes: u64) -> Result<()> {
        let mut bytes = 0;
        for (path, fate) in self.sealed() {
            let owner = path.file_name().and_then(|name| owned.get(stem_of(name.to_str()?)?));
            let is_orphan = owner.is_none();
            let mut goes = is_orphan && ages.are_over_for(&path);
            // Without a dictation, only the fate tells whether there is a text.
            let has_text = owner.map_or(fate == Fate::Delivered, |needed| !needed);
            if has_text && !goes {
                bytes += fs::metadata(&path).map_or(0, |facts| facts.len());
                goes = most_bytes > 0 && bytes > most_bytes;
            }
            if goes {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// The recordings that are WAV files, and what became of them, newest first: their names begin with the time.
    pub(super) fn sealed(&self) -> Vec<(PathBuf, Fate)> {
        let files = fs::read_dir(&self.recordings).into_iter().flatten().flatten();
        let sealed = files.filter_map(|file| Some((file.path(), fate_of(file.file_name().to_str()?)?)));
        let mut sealed: Vec<_> = sealed.collect();
        sealed.sort_by(|a, b| b.0.cmp(&a.0));
        sealed
    }

    /// Journals in which nothing could be read.
    fn damaged(&self) -> impl Iterator<Item = PathBuf> {
        let files = fs::read_dir(&self.recordings).into_iter().flatten().flatten();
        files.filter(|file| file.file_name().to_str().is_some_and(is_damaged)).map(|file| file.path())
    }

    /// The recordings whose text was delivered.
    pub(super) fn delivered(&self) -> impl Iterator<Item = PathBuf> {
        self.sealed().into_iter().filter(|(_, fate)| *fate == Fate::Delivered).map(|(path, _)| path)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::super::tests::{Home, said};
    use super::super::{Dictation, RECOVERED};
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    const NO_LIMITS: Limits = Limits { days: 0, count: 0, megabytes: 0 };

    /// A file of the folder of recordings, last written `age` days before [`now`].
    fn file(home: &Home, name: &str, bytes: usize, age: u32) -> PathBuf {
        let path = home.folders.recordings.join(name);
        fs::write(&path, vec![0; bytes]).unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(now() - DAY * age).unwrap();
        path
    }

    fn now() -> SystemTime {
        UNIX_EPOCH + DAY * 20_000
    }

    /// A dictation of so many days ago with a recording of so many bytes.
    fn remember(home: &Home, text: &str, fate: &str, age: u32, bytes: usize) -> (i64, PathBuf) {
        let word = if fate == "typed" { "delivered" } else { fate };
        let audio = file(home, &format!("2024{:04}T000000.000Z-{word}.wav", 9_999 - age), bytes, age);
        let at_ms = (now() - DAY * age).duration_since(UNIX_EPOCH).unwrap().as_millis() as i64;
        let dictation = Dictation { at_ms, fate: fate.into(), audio: Some(audio.clone()), ..said(text) };
        (home.history.add(&dictation).unwrap(), audio)
    }

    /// The machine was in use all the time.
    fn prune(home: &Home, limits: Limits) -> usize {
        home.history.clock.keep(Seen::at(milliseconds(now()))).unwrap();
        home.history.prune(limits, now()).unwrap()
    }

    const THIRTY: Limits = Limits { days: 30, ..NO_LIMITS };
    const HOUR: Duration = Duration::from_secs(60 * 60);

    /// What is said at a moment by the machine's clock, and looked at as the app does.
    fn say_at(home: &Home, text: &str, at: SystemTime) {
        home.history.add(&Dictation { at_ms: milliseconds(at), ..said(text) }).unwrap();
        home.history.prune(THIRTY, at).unwrap();
    }

    fn left(home: &Home) -> Vec<String> {
        home.history.list(None, 99).unwrap().into_iter().rev().map(|one| one.dictation.text).collect()
    }

    /// A recording that belongs to no dictation, made when the clock said `at`.
    fn orphan(home: &Home, at: SystemTime) -> PathBuf {
        let path = home.folders.recordings.join(format!("{}-held.wav", crate::timestamp::timestamp(at)));
        fs::write(&path, "sound").unwrap();
        fs::File::options().write(true).open(&path).unwrap().set_modified(at).unwrap();
        path
    }

    #[test]
    fn in_use_what_is_old_goes_on_its_day() {
        let home = Home::new();
        for day in 0..40 {
            say_at(&home, &format!("{day}"), now() + DAY * day);
        }
        assert_eq!(left(&home).len(), 31, "exactly as old as allowed stays");
        // Not on from Friday to Monday.
        home.history.prune(THIRTY, now() + DAY * 42).unwrap();
        assert_eq!(left(&home)[0], "12");
    }

    #[test]
    fn a_clock_that_leaps_ahead_deletes_nothing_and_put_right_all_is_as_before() {
        for leap in [DAY * 31, DAY * 365, DAY * 36_500] {
            let home = Home::new();
            say_at(&home, "Before.", now());
            let recording = orphan(&home, now());
            let aside = home.folders.data.join("history-damaged-1.sqlite3");
            fs::write(&aside, "x").unwrap();
            fs::File::options().write(true).open(&aside).unwrap().set_modified(now()).unwrap();
            let mut later = PathBuf::new();
            for hour in 0..47 {
                say_at(&home, "Ahead.", now() + leap + HOUR * hour);
                later = orphan(&home, now() + leap + HOUR * hour);
            }
            assert!(left(&home).len() == 48 && recording.exists() && aside.exists() && later.exists());
            say_at(&home, "Put right.", now() + HOUR * 48);
            assert_eq!(left(&home).len(), 49);
            // What was said meanwhile stays no longer than anything else.
            for day in 3..=31 {
                home.history.prune(THIRTY, now() + DAY * day).unwrap();
            }
            assert_eq!(left(&home).len(), 48);
            assert!(!recording.exists() && !aside.exists() && later.exists());
            for day in 32..=35 {
                home.history.prune(THIRTY, now() + DAY * day).unwrap();
            }
            assert!(left(&home).is_empty() && !later.exists());
        }
    }

    #[test]
    fn after_a_long_absence_what_is_old_goes_two_days_later() {
        let home = Home::new();
        say_at(&home, "Before.", now());
        let recording = orphan(&home, now());
        say_at(&home, "After.", now() + DAY * 40);
        say_at(&home, "After.", now() + DAY * 41);
        assert!(left(&home).len() == 3 && recording.exists());
        home.history.prune(THIRTY, now() + DAY * 42).unwrap();
        assert_eq!(left(&home), ["After.", "After."]);
        assert!(!recording.exists());
    }

    #[test]
    fn what_is_said_while_the_clock_is_behind_is_not_old_when_it_is_put_right() {
        let home = Home::new();
        say_at(&home, "Before.", now());
        let behind = now() - DAY * 5_000;
        for hour in 0..4 {
            say_at(&home, "Behind.", behind + HOUR * hour);
        }
        let recordings = [orphan(&home, behind), orphan(&home, behind + HOUR * 4)];
        say_at(&home, "Put right.", now() + HOUR * 5);
        home.history.prune(THIRTY, now() + DAY * 2).unwrap();
        assert_eq!(left(&home).len(), 6);
        assert!(recordings.iter().all(|path| path.exists()));
        for day in 3..=33 {
            home.history.prune(THIRTY, now() + DAY * day).unwrap();
        }
        assert!(left(&home).is_empty() && recordings.iter().all(|path| !path.exists()));
    }

    #[test]
    fn a_time_that_was_wrongly_believed_does_not_last() {
        let home = Home::new();
        // A year ahead for days, so that it is believed.
        for day in 0..4 {
            say_at(&home, "Ahead.", now() + DAY * (365 + day));
        }
        for day in 4..=40 {
            home.history.prune(THIRTY, now() + DAY * day).unwrap();
        }
        assert_eq!(left(&home), [""; 0]);
    }

    #[test]
    fn a_history_from_before_tells_the_time_itself() {
        let home = Home::new();
        home.history.add(&Dictation { at_ms: milliseconds(now()), ..said("Before.") }).unwrap();
        assert_eq!(home.history.prune(THIRTY, now() + DAY * 365).unwrap(), 0);
        assert_eq!(home.history.prune(THIRTY, now() + HOUR).unwrap(), 0);
        assert_eq!(left(&home), ["Before."]);
    }

    #[test]
    fn a_journal_in_which_nothing_could_be_read_goes_by_age() {
        let home = Home::new();
        let old = file(&home, "20240101T000000.000Z-damaged.journal", 10, 31);
        let new = file(&home, "20240201T000000.000Z-damaged.journal", 10, 29);
        prune(&home, NO_LIMITS);
        assert!(old.exists() && new.exists());
        prune(&home, THIRTY);
        assert!(!old.exists() && new.exists());
    }

    #[test]
    fn a_recording_lives_as_long_as_its_dictation_whatever_became_of_it() {
        let home = Home::new();
        let fates = ["typed", "held", "cancelled", "failed", "locked", "quit", "nothing-heard"];
        for (number, fate) in fates.into_iter().enumerate() {
            let text = if fate == "typed" || fate == "held" { "Words." } else { "" };
            // Older than any recording ever stayed by another rule.
            remember(&home, text, fate, 300 + number as u32, 10);
        }
        assert_eq!(prune(&home, Limits { days: 365, ..NO_LIMITS }), 0);
        let has_audio =
            |home: &Home| home.history.list(None, 99).unwrap().iter().all(|one| one.dictation.audio.is_some());
        assert!(has_audio(&home));
        assert_eq!(prune(&home, NO_LIMITS), 0);
        assert!(has_audio(&home), "0 days keep for good");
        assert_eq!(prune(&home, Limits { days: 303, ..NO_LIMITS }), 3);
        assert!(has_audio(&home));
        assert_eq!(fs::read_dir(&home.folders.recordings).unwrap().count(), 4, "and goes with it");
    }

    #[test]
    fn what_has_no_text_goes_neither_by_number_nor_by_size() {
        let home = Home::new();
        let megabyte = 1_000_000;
        let needed = [
            remember(&home, "", "cancelled", 5, megabyte),
            remember(&home, "Half of", "failed", 4, megabyte),
            remember(&home, "Half of", "held", 3, megabyte),
            remember(&home, "", RECOVERED, 2, megabyte),
        ];
        let (_, whole) = remember(&home, "Whole.", "typed", 1, megabyte);
        for limits in [Limits { count: 1, ..NO_LIMITS }, Limits { megabytes: 1, ..NO_LIMITS }] {
            assert_eq!(prune(&home, limits), 0);
            assert!(whole.exists() && needed.iter().all(|(_, audio)| audio.exists()), "{limits:?}");
        }
        // Once it is recognised, it is like any other.
        home.history.set_text(needed[1].0, "Half of it and the rest.", "small").unwrap();
        prune(&home, Limits { megabytes: 1, ..NO_LIMITS });
        assert!(!needed[1].1.exists() && whole.exists());
        assert_eq!(prune(&home, Limits { count: 1, ..NO_LIMITS }), 1);
        assert_eq!(prune(&home, Limits { days: 2, ..NO_LIMITS }), 2, "by age it goes");
        assert!(!needed[0].1.exists() && !needed[2].1.exists() && needed[3].1.exists());
    }

    #[test]
    fn recordings_that_belong_to_no_dictation_go_by_the_same_age() {
        let home = Home::new();
        let old = ["20240101T000000.000Z-cancelled.wav", "20240102T000000.000Z-delivered.wav"];
        let old = old.map(|name| file(&home, name, 10, 31));
        let new = ["20240201T000000.000Z-failed.wav", "20240202T000000.000Z-delivered.wav"];
        let new = new.map(|name| file(&home, name, 10, 29));
        assert_eq!(prune(&home, NO_LIMITS), 0);
        assert!(old.iter().chain(&new).all(|path| path.exists()));
        prune(&home, Limits { days: 30, ..NO_LIMITS });
        assert!(old.iter().all(|path| !path.exists()) && new.iter().all(|path| path.exists()));
    }

    #[test]
    fn what_a_crash_cut_short_and_what_is_not_tawks_is_never_removed() {
        let home = Home::new();
        let names = [
            "20240101T000000.000Z-unfinished.journal",
            "20240101T000001.000Z-unfinished.wav",
            "notes.wav",
            "a-cancelled.wav",
            "2025T-unknown.wav",
        ];
        let files = names.map(|name| file(&home, name, 2_000_000, 9_999));
        prune(&home, Limits { days: 1, count: 1, megabytes: 1 });
        assert!(files.iter().all(|path| path.exists()));
    }

    #[test]
    fn a_recording_that_was_renamed_behind_its_back_is_still_its_own() {
        let home = Home::new();
        let (id, audio) = remember(&home, "Typed after all.", "cancelled", 40, 10);
        let renamed =
            audio.with_file_name(audio.file_name().unwrap().to_str().unwrap().replace("cancelled", "delivered"));
        fs::rename(&audio, &renamed).unwrap();
        assert_eq!(home.history.show(id).unwrap().dictation.audio.as_ref(), Some(&renamed));
        prune(&home, Limits { days: 60, ..NO_LIMITS });
        assert!(renamed.exists());
        home.history.delete(&[id]).unwrap();
        assert!(!renamed.exists());
    }
}

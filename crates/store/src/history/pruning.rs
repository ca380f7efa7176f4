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
//!   clock that is wrong for some hours, or behind for days, makes nothing old.
//! - What a crash has cut short stays until the user recovers or discards it, which the menu offers at every start.

use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tawk_core::Result;
use tawk_core::settings::HistorySettings;

use super::clock::{DAY_MS, Seen, milliseconds, moment_of};
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
    /// Whether a file is too old. One that was written while the clock was wrong, as far as that is known, is given the time
    /// that what is new has instead.
    fn are_over_for(&self, path: &Path) -> bool {
        let Some(written) = fs::metadata(path).and_then(|facts| facts.modified()).ok().map(milliseconds) else {
            return false;
        };
        let (before, after) = self.seen;
        let known = after.floor();
        let is_early = written < known && (before.may_be_behind(written) || after.may_be_behind(written));
        let is_late = after.is_certain() && written > known.saturating_add(DAY_MS);
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
            if ages.seen.1.is_certain() {
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
mod tests;

//! What goes by itself: old dictations, those beyond a number, and recordings beyond a size.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use tawk_core::Result;
use tawk_core::settings::HistorySettings;

use super::{History, remove};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// The end of the name of a recording whose text was delivered: it is there for the history alone.
const DELIVERED: &str = "-delivered.wav";

/// How much stays. 0 is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Dictations that are older go.
    pub days: u32,
    /// So many dictations stay, the newest.
    pub count: u32,
    /// Delivered recordings beyond this many megabytes (1,000,000 bytes) go, the oldest first; their texts stay.
    pub megabytes: u32,
}

impl From<&HistorySettings> for Limits {
    fn from(settings: &HistorySettings) -> Self {
        Self { days: settings.keep_days, count: settings.keep_count, megabytes: settings.keep_mb }
    }
}

impl History {
    /// Removes what is beyond `limits` at `now` and returns the number of dictations that went.
    ///
    /// A recording whose text was not delivered is never removed here: it is what is left of a failure, and has bounds of its
    /// own ([`crate::Recordings::prune`]).
    ///
    /// # Errors
    /// `Storage`.
    pub fn prune(&self, limits: Limits, now: SystemTime) -> Result<usize> {
        let age = Duration::from_millis(u64::from(limits.days) * DAY_MS as u64);
        let oldest = now.checked_sub(age).filter(|_| limits.days > 0);
        let mut count = 0;
        if self.file.exists() {
            let (ids, audio) = self.outdated(oldest, limits.count)?;
            count = ids.len();
            let audio: Vec<_> = audio.into_iter().filter(|path| is_delivered(path)).collect();
            self.forget(&ids, &audio)?;
        }
        self.prune_audio(oldest, u64::from(limits.megabytes) * 1_000_000)?;
        if let Some(oldest) = oldest {
            // A damaged history holds what was said, too.
            for path in self.file.set_aside_before().into_iter().filter(|path| is_older(path, oldest)) {
                remove(&path)?;
            }
        }
        Ok(count)
    }

    fn outdated(&self, oldest: Option<SystemTime>, most: u32) -> Result<(Vec<i64>, Vec<PathBuf>)> {
        let since = oldest.and_then(|oldest| oldest.duration_since(SystemTime::UNIX_EPOCH).ok());
        let since = since.and_then(|since| i64::try_from(since.as_millis()).ok()).unwrap_or(i64::MIN);
        let most = if most == 0 { i64::MAX } else { i64::from(most) };
        let rows = self.work(|connection| {
            let mut rows = connection.prepare(
                "SELECT id, audio FROM dictation
                 WHERE at_ms < ?1 OR id NOT IN (SELECT id FROM dictation ORDER BY id DESC LIMIT ?2)",
            )?;
            let rows = rows.query_map([since, most], |row| Ok((row.get(0)?, row.get::<_, Option<String>>(1)?)))?;
            Ok(rows.collect::<rusqlite::Result<Vec<(i64, _)>>>()?)
        })?;
        let (ids, names): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
        Ok((ids, names.into_iter().filter_map(|name| self.recording(name)).collect()))
    }

    /// Also takes those that no dictation in the history names, after a damage for instance.
    fn prune_audio(&self, oldest: Option<SystemTime>, most_bytes: u64) -> Result<()> {
        let mut bytes = 0;
        for path in self.delivered() {
            bytes += fs::metadata(&path).map_or(0, |facts| facts.len());
            let beyond = most_bytes > 0 && bytes > most_bytes;
            if beyond || oldest.is_some_and(|oldest| is_older(&path, oldest)) {
                remove(&path)?;
            }
        }
        Ok(())
    }

    /// The recordings whose text was delivered, newest first: their names begin with the time.
    pub(super) fn delivered(&self) -> Vec<PathBuf> {
        let files = fs::read_dir(&self.recordings).into_iter().flatten().flatten();
        let mut paths: Vec<_> = files.map(|file| file.path()).filter(|path| is_delivered(path)).collect();
        paths.sort_by(|a, b| b.cmp(a));
        paths
    }
}

fn is_delivered(path: &std::path::Path) -> bool {
    path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.ends_with(DELIVERED))
}

fn is_older(path: &std::path::Path, than: SystemTime) -> bool {
    fs::metadata(path).and_then(|facts| facts.modified()).is_ok_and(|written| written < than)
}

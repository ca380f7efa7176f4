//! The recording of an utterance, on disk while it is spoken, so that nothing said is ever lost.
//!
//! While it is being made, a recording is a [journal](crate::journal), `…-unfinished.journal`. It goes away when its text
//! was delivered; otherwise it becomes a WAV file (16-bit, mono, 16 kHz), `…-cancelled.wav`, `…-failed.wav` and so on.
//! After a crash the journal stays, and is offered as [`Unfinished`]. An older Tawk wrote `…-unfinished.wav` instead.
//! Only the user can read any of them. Kept ones are bounded: the newest [`MOST_KEPT`], and none older than
//! [`LONGEST_KEPT`].

mod making;
mod sealing;
mod unfinished;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result};

pub use making::{Recording, Sync};
pub use unfinished::Unfinished;

use crate::disk;
use crate::folders::Folders;
use crate::journal::Fate;
use crate::timestamp::timestamp;

/// So many kept recordings stay; older ones are removed.
pub const MOST_KEPT: usize = 50;

/// So long a kept recording stays: 30 days.
pub const LONGEST_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

const UNFINISHED: &str = "unfinished";

/// How the names of journals end.
const JOURNAL: &str = "journal";

/// How the names of WAV files end that are being written from a journal.
const PART: &str = "part";

/// A recording that was kept or left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// Why it was kept; `None` when Tawk ended in the middle of it.
    pub reason: Option<KeepReason>,
    /// When it was last written.
    pub written: SystemTime,
    /// Its length on disk.
    pub bytes: u64,
}

/// The folder of recordings.
#[derive(Clone, Debug)]
pub struct Recordings {
    path: PathBuf,
}

impl Recordings {
    /// The recordings of `folders`.
    pub fn new(folders: &Folders) -> Self {
        Self::at(&folders.recordings)
    }

    /// Another folder.
    pub fn at(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// The folder itself.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Begins the recording of an utterance that started at `started`. Touches no disk; see [`Recording::flush`].
    pub fn start(&self, started: SystemTime) -> Recording {
        Recording::new(self.clone(), started)
    }

    /// The recordings that were kept or left behind, newest first. Those that are being made now are not among them, nor
    /// those whose text has arrived.
    ///
    /// # Errors
    /// `Storage` when the folder is there but cannot be read.
    pub fn leftovers(&self) -> Result<Vec<Leftover>> {
        let mut names = self.names()?;
        // By the time in the name alone: what follows it would come before the number of a second one.
        names.sort_by(|a, b| stem_of(b).cmp(&stem_of(a)).then_with(|| b.cmp(a)));
        let leftovers = names.iter().filter_map(|name| {
            let reason = reason_of(name)?;
            let path = self.path.join(name);
            let facts = fs::metadata(&path).ok()?;
            let idle = facts.is_file() && (reason.is_some() || !is_being_made(&path));
            idle.then_some(Leftover { written: facts.modified().ok()?, bytes: facts.len(), path, reason })
        });
        Ok(leftovers.collect())
    }

    /// Removes the recordings called `id`, kept or left behind. Returns how many files that were.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage`.
    pub fn discard(&self, id: &str) -> Result<usize> {
        let mut removed = 0;
        for leftover in self.leftovers()? {
            if leftover.path.file_name().and_then(|name| stem_of(name.to_str()?)) == Some(id) {
                remove(&leftover.path)?;
                removed += 1;
            }
        }
        if removed == 0 {
            return Err(Error::new(
                ErrorKind::NotFound,
                format!("There is no recording called {id}. tawk recover lists those of unfinished dictations."),
            ));
        }
        Ok(removed)
    }

    /// Removes the leftovers beyond [`MOST_KEPT`] and those older than [`LONGEST_KEPT`] at `now`; returns their number.
    /// Nothing else in the folder is touched, nor is `spared`: after the clock was set back, what was kept last looks old.
    ///
    /// # Errors
    /// `Storage`.
    pub fn prune(&self, now: SystemTime, spared: Option<&Path>) -> Result<usize> {
        let mut removed = 0;
        for (place, leftover) in self.leftovers()?.iter().enumerate() {
            let age = now.duration_since(leftover.written).unwrap_or_default();
            if (place >= MOST_KEPT || age > LONGEST_KEPT) && spared != Some(&leftover.path) {
                remove(&leftover.path)?;
                removed += 1;
            }
        }
        Ok(removed)
    }

    /// The names of all files; none when there is no folder.
    fn names(&self) -> Result<Vec<String>> {
        match fs::read_dir(&self.path) {
            Ok(files) => Ok(files.flatten().filter_map(|file| file.file_name().into_string().ok()).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(disk::trouble("read the recordings in", &self.path, &error)),
        }
    }

    /// Names for an utterance that began at `started` which no recording has, whatever became of it: the clock may have
    /// been set back to a time at which there was another.
    fn free_stems(&self, started: SystemTime) -> impl Iterator<Item = String> {
        let names = self.names().unwrap_or_default();
        let stamp = timestamp(started);
        let numbered = (2..).map({
            let stamp = stamp.clone();
            move |number| format!("{stamp}.{number}")
        });
        // As many as there are names may be taken, and one more at the same moment.
        let tries = names.len() + 16;
        std::iter::once(stamp)
            .chain(numbered)
            .filter(move |stem| !names.iter().any(|name| stem_of(name) == Some(stem)))
            .take(tries)
    }
}

fn remove(path: &Path) -> Result<()> {
    fs::remove_file(path).map_err(|error| disk::trouble("remove", path, &error))
}

/// What names of recordings begin with: the time, and a number where several began at it.
fn stem_of(name: &str) -> Option<&str> {
    let (stem, _) = name.split_once('-')?;
    (stem.starts_with(|c: char| c.is_ascii_digit()) && stem.contains('T')).then_some(stem)
}

/// `Some` for names of recordings whose text has not arrived; within, the reason for which it was kept.
fn reason_of(name: &str) -> Option<Option<KeepReason>> {
    let word = name.strip_prefix(stem_of(name)?)?.strip_prefix('-')?;
    let (word, end) = word.split_once('.')?;
    match (word, end) {
        (UNFINISHED, "wav" | JOURNAL) => Some(None),
        (word, "wav") => match Fate::of_word(word)? {
            Fate::Kept(reason) => Some(Some(reason)),
            Fate::Delivered => None,
        },
        _ => None,
    }
}

fn is_being_made(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;

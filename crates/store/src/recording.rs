//! The recording of an utterance, on disk while it is spoken, so that nothing said is ever lost.
//!
//! While it is being made, a recording is a [journal](crate::journal), `…-unfinished.journal`. It goes away when its text
//! was delivered; otherwise it becomes a WAV file (16-bit, mono, 16 kHz), `…-cancelled.wav`, `…-failed.wav` and so on.
//! After a crash the journal stays, and is offered as [`Unfinished`]. An older Tawk wrote `…-unfinished.wav` instead.
//! A journal in which no sound could be read is set aside as `…-damaged.journal`, for who knows better means to read it.
//! Only the user can read any of them. How long they stay is the history's to say: see [`crate::history::Limits`].

mod making;
mod sealing;
mod sound;
mod unfinished;

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result};

pub use making::{Recording, Sync};
pub use sound::sound_of;
pub use unfinished::{Finished, LeftBehind, Unfinished};

use crate::disk;
use crate::folders::Folders;
use crate::journal::Fate;
use crate::timestamp::timestamp;

const UNFINISHED: &str = "unfinished";

/// Of journals in which no sound could be read.
const DAMAGED: &str = "damaged";

/// How the names of journals end.
const JOURNAL: &str = "journal";

/// How the names of WAV files end that are being written from a journal.
const PART: &str = "part";

/// Bytes of a WAV file before its samples, as recordings are written.
pub(crate) const WAV_HEADER: usize = 44;

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

    /// Removes the recordings called `id`, kept, left behind or set aside. Returns how many files that were.
    ///
    /// # Errors
    /// `NotFound` when there is none, `Storage`.
    pub fn discard(&self, id: &str) -> Result<usize> {
        let mut removed = 0;
        let leftovers = self.leftovers()?.into_iter().map(|leftover| leftover.path);
        let damaged = self.names()?.into_iter().filter(|name| is_damaged(name)).map(|name| self.path.join(name));
        for path in leftovers.chain(damaged) {
            if path.file_name().and_then(|name| stem_of(name.to_str()?)) == Some(id) {
                remove(&path)?;
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

    /// Gives a recording that was kept the name of another fate, and says where it is then; `None` when it was removed in the
    /// meantime.
    ///
    /// # Errors
    /// `Storage`; it then stays as it was.
    pub fn rename(&self, path: &Path, fate: Fate) -> Result<Option<PathBuf>> {
        let name = path.file_name().and_then(|name| name.to_str()).and_then(stem_of);
        let Some(renamed) = name.map(|stem| self.path.join(sealed_name(stem, fate))) else { return Ok(None) };
        match fs::rename(path, &renamed) {
            Ok(()) => Ok(Some(renamed)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(disk::trouble("rename", path, &error)),
        }
    }

    /// Removes a recording that was kept. One that is gone already is no error.
    ///
    /// # Errors
    /// `Storage`.
    pub fn remove(&self, path: &Path) -> Result<()> {
        match fs::remove_file(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk::trouble("remove", path, &error)),
            _ => Ok(()),
        }
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

/// What the recording called `stem` may be called once it is a WAV file: its fate is part of its name.
pub(crate) fn sealed_names(stem: &str) -> impl Iterator<Item = String> {
    let fates = std::iter::once(Fate::Delivered).chain(KeepReason::ALL.map(Fate::Kept));
    fates.map(move |fate| sealed_name(stem, fate))
}

fn sealed_name(stem: &str, fate: Fate) -> String {
    format!("{stem}-{}.wav", fate.word())
}

/// What names of recordings begin with: the time, and a number where several began at it.
pub(crate) fn stem_of(name: &str) -> Option<&str> {
    let (stem, _) = name.split_once('-')?;
    (stem.starts_with(|c: char| c.is_ascii_digit()) && stem.contains('T')).then_some(stem)
}

/// `Some` for names of recordings whose text has not arrived; within, the reason for which it was kept.
fn reason_of(name: &str) -> Option<Option<KeepReason>> {
    match (word_of(name)?, fate_of(name)) {
        ((UNFINISHED, "wav" | JOURNAL), _) => Some(None),
        (_, Some(Fate::Kept(reason))) => Some(Some(reason)),
        _ => None,
    }
}

/// What became of the recording that is a WAV file of this name.
pub(crate) fn fate_of(name: &str) -> Option<Fate> {
    word_of(name).filter(|(_, end)| *end == "wav").and_then(|(word, _)| Fate::of_word(word))
}

/// Whether a journal of this name was set aside because no sound could be read in it.
pub(crate) fn is_damaged(name: &str) -> bool {
    word_of(name) == Some((DAMAGED, JOURNAL))
}

/// What follows the stem of a recording's name, and its end.
fn word_of(name: &str) -> Option<(&str, &str)> {
    name.strip_prefix(stem_of(name)?)?.strip_prefix('-')?.split_once('.')
}

fn is_being_made(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

#[cfg(test)]
mod refusals;
#[cfg(test)]
mod tests;

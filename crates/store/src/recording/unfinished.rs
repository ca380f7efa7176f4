//! Recordings that a crash has left behind.

use std::fs::{self, File, TryLockError};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result};

use super::{JOURNAL, PART, Recordings, reason_of, sealed_name, sealing, stem_of};
use crate::disk;
use crate::journal::{Contents, Fate, Header};

/// A recording in whose middle Tawk ended. As long as this lives nobody else takes it.
#[derive(Debug)]
pub struct Unfinished {
    recordings: Recordings,
    /// Its name in lists and on the command line.
    pub id: String,
    /// The file.
    pub path: PathBuf,
    /// When it began, as far as it tells; otherwise when it was last written.
    pub started: SystemTime,
    /// What is left of it.
    pub contents: Contents,
    /// Holds the lock.
    _file: File,
}

impl Recordings {
    /// The recordings in whose middle Tawk ended, newest first. Those that are being made or recovered by another program
    /// are not among them.
    ///
    /// # Errors
    /// `Storage` when the folder is there but cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>> {
        let names = self.unfinished_names()?;
        Ok(names.iter().filter_map(|name| self.take(name)).filter(Unfinished::is_open).collect())
    }

    /// The number of [`Recordings::unfinished`], without reading any.
    ///
    /// # Errors
    /// As there.
    pub fn count_unfinished(&self) -> Result<usize> {
        let free = |name: &String| File::open(self.path.join(name)).is_ok_and(|file| lock(&file));
        Ok(self.unfinished_names()?.iter().filter(|name| free(name)).count())
    }

    /// The one that is called `id`.
    ///
    /// # Errors
    /// `NotFound`, also for one that another program has; `Storage`.
    pub fn find_unfinished(&self, id: &str) -> Result<Unfinished> {
        let wanted = |name: &&String| stem_of(name) == Some(id);
        let names = self.unfinished_names()?;
        names.iter().filter(wanted).find_map(|name| self.take(name)).filter(Unfinished::is_open).ok_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("There is no unfinished dictation called {id}. tawk recover lists them."),
            )
        })
    }

    /// Does what was meant for recordings that Tawk had decided about when it ended, and removes those that hold nothing.
    /// Returns how many it kept. One that cannot be kept now stays for the next time.
    ///
    /// # Errors
    /// `Storage` when the folder cannot be read.
    pub fn finish_interrupted(&self) -> Result<usize> {
        let mut kept = 0;
        for name in self.unfinished_names()? {
            let Some(found) = self.take(&name) else { continue };
            match found.contents.fate {
                Some(fate) if !found.contents.samples.is_empty() => match found.seal(fate) {
                    Ok(_) => kept += 1,
                    Err(error) => tracing::warn!("an interrupted recording stays: {error}"),
                },
                None if !found.contents.samples.is_empty() => {}
                _ => found.discard()?,
            }
        }
        // A part without its journal belongs to nobody.
        let names = self.names()?;
        for part in names.iter().filter(|name| name.ends_with(&format!(".{PART}"))) {
            let stem = part.trim_end_matches(&format!(".{PART}"));
            if is_stamp(stem) && !names.iter().any(|name| stem_of(name) == Some(stem) && name.ends_with(JOURNAL)) {
                let _ = fs::remove_file(self.path.join(part));
            }
        }
        Ok(kept)
    }

    fn unfinished_names(&self) -> Result<Vec<String>> {
        let mut names = self.names()?;
        names.retain(|name| reason_of(name) == Some(None));
        names.sort_by(|a, b| stem_of(b).cmp(&stem_of(a)));
        Ok(names)
    }

    /// Locks and reads one; `None` when another program has it or it is gone.
    fn take(&self, name: &str) -> Option<Unfinished> {
        let path = self.path.join(name);
        let mut file = File::open(&path).ok()?;
        if !lock(&file) || !path.exists() {
            return None;
        }
        let contents = if name.ends_with(JOURNAL) {
            let mut bytes = Vec::new();
            // What can be read before an error is read.
            let _ = file.read_to_end(&mut bytes);
            Contents::read(&bytes)
        } else {
            Contents { samples: samples_of(&path), ..Contents::default() }
        };
        let written = file.metadata().and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let started = contents.header.as_ref().map_or(written, |header: &Header| header.started);
        Some(Unfinished { recordings: self.clone(), id: stem_of(name)?.into(), path, started, contents, _file: file })
    }
}

impl Unfinished {
    /// The length of what is left of it.
    pub fn length(&self) -> Duration {
        self.contents.length()
    }

    /// Whether nothing has been decided about it, and it holds sound.
    fn is_open(&self) -> bool {
        self.contents.fate.is_none() && !self.contents.samples.is_empty()
    }

    /// Where [`Unfinished::keep`] will put it.
    pub fn kept_path(&self, reason: KeepReason) -> PathBuf {
        self.recordings.path().join(sealed_name(&self.id, Fate::Kept(reason)))
    }

    /// Keeps it as a WAV file under a name that says why. Returns where it is.
    ///
    /// # Errors
    /// `Storage`; it then stays unfinished.
    pub fn keep(self, reason: KeepReason) -> Result<PathBuf> {
        self.seal(Fate::Kept(reason))
    }

    fn seal(self, fate: Fate) -> Result<PathBuf> {
        let sealed = sealing::seal(&self.recordings, &self.id, fate, &self.contents)?;
        self.discard()?;
        Ok(sealed)
    }

    /// Removes it.
    ///
    /// # Errors
    /// `Storage`.
    pub fn discard(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|error| disk::trouble("remove the recording", &self.path, &error))
    }
}

/// Takes the lock; on a file system without locks everybody may have it.
fn lock(file: &File) -> bool {
    !matches!(file.try_lock(), Err(TryLockError::WouldBlock))
}

fn is_stamp(stem: &str) -> bool {
    stem_of(&format!("{stem}-")) == Some(stem)
}

/// The sound of a WAV file that an older Tawk left behind, as far as it can be read.
fn samples_of(path: &Path) -> Vec<i16> {
    let Ok(mut reader) = hound::WavReader::open(path) else { return Vec::new() };
    reader.samples::<i16>().map_while(std::result::Result::ok).collect()
}

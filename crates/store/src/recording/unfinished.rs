//! Recordings that a crash has left behind.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result};

use super::{DAMAGED, JOURNAL, PART, Recordings, WAV_HEADER, reason_of, sealed_name, sealing, stem_of};
use crate::disk;
use crate::journal::{Contents, Fate, Header};

/// Less than this of a recording that could not be read is not worth a word: the end of a write that a crash cut.
const WORTH_TELLING: Duration = Duration::from_millis(100);

/// What a crash has left behind.
#[derive(Debug, Default)]
pub struct LeftBehind {
    /// What can be recovered, newest first.
    pub unfinished: Vec<Unfinished>,
    /// What cannot be read: one sentence each. Those files stay as they are.
    pub unreadable: Vec<Error>,
}

/// What became of recordings that a crash has left behind and about which nothing is left to decide.
#[derive(Debug, Default)]
pub struct Finished {
    /// How many are kept now.
    pub kept: usize,
    /// What the user should know: what cannot be read, what was set aside, and what could be neither set aside nor removed.
    pub notices: Vec<Error>,
}

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
    /// are not among them, nor those that the disk does not give: see [`Recordings::left_behind`].
    ///
    /// # Errors
    /// `Storage` when the folder is there but cannot be read.
    pub fn unfinished(&self) -> Result<Vec<Unfinished>> {
        Ok(self.left_behind()?.unfinished)
    }

    /// [`Recordings::unfinished`], and what there is to say of those that cannot be read.
    ///
    /// # Errors
    /// As there.
    pub fn left_behind(&self) -> Result<LeftBehind> {
        let mut found = LeftBehind::default();
        for name in self.unfinished_names()? {
            match self.take(&name) {
                Ok(Some(one)) if one.is_open() => found.unfinished.push(one),
                Ok(_) => {}
                Err(error) => found.unreadable.push(error),
            }
        }
        Ok(found)
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
    /// `NotFound`, also for one that another program has; `Storage`, also for one that cannot be read.
    pub fn find_unfinished(&self, id: &str) -> Result<Unfinished> {
        let mut refused = None;
        for name in self.unfinished_names()?.iter().filter(|name| stem_of(name) == Some(id)) {
            match self.take(name) {
                Ok(Some(one)) if one.is_open() => return Ok(one),
                Ok(_) => {}
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| {
            Error::new(
                ErrorKind::NotFound,
                format!("There is no unfinished dictation called {id}. tawk recover lists them."),
            )
        }))
    }

    /// Does what was meant for recordings that Tawk had decided about when it ended, and removes those in which nothing was
    /// heard. One in which something was, but nothing can be read, is set aside under another name. One that cannot be kept,
    /// read, set aside or removed now stays for the next time.
    ///
    /// # Errors
    /// `Storage` when the folder cannot be read.
    pub fn finish_interrupted(&self) -> Result<Finished> {
        let mut finished = Finished::default();
        for name in self.unfinished_names()? {
            let found = match self.take(&name) {
                Ok(Some(found)) => found,
                Ok(None) => continue,
                Err(error) => {
                    finished.notices.push(error);
                    continue;
                }
            };
            // One that the disk does not let go must not stop the others.
            match found.contents.fate {
                _ if found.contents.is_lost() => {
                    finished.notices.push(found.set_aside().unwrap_or_else(|error| error));
                }
                _ if found.contents.samples.is_empty() => finished.notices.extend(found.discard().err()),
                None => {}
                Some(fate) => match found.seal(fate) {
                    Ok(_) => finished.kept += 1,
                    Err(error) => tracing::warn!("an interrupted recording stays: {error}"),
                },
            }
        }
        // A part without its journal belongs to nobody.
        let Ok(names) = self.names() else { return Ok(finished) };
        for part in names.iter().filter(|name| name.ends_with(&format!(".{PART}"))) {
            let stem = part.trim_end_matches(&format!(".{PART}"));
            if is_stamp(stem) && !names.iter().any(|name| stem_of(name) == Some(stem) && name.ends_with(JOURNAL)) {
                let _ = fs::remove_file(self.path.join(part));
            }
        }
        Ok(finished)
    }

    fn unfinished_names(&self) -> Result<Vec<String>> {
        let mut names = self.names()?;
        names.retain(|name| reason_of(name) == Some(None));
        names.sort_by(|a, b| stem_of(b).cmp(&stem_of(a)));
        Ok(names)
    }

    /// Locks and reads one; `None` when another program has it or it is gone.
    ///
    /// # Errors
    /// `Storage` when the disk does not give all of it. What it gives is not the whole, and is left alone.
    fn take(&self, name: &str) -> Result<Option<Unfinished>> {
        let path = self.path.join(name);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(&path, &error)),
        };
        if !lock(&file) || !path.exists() {
            return Ok(None);
        }
        let bytes = whole(&file).map_err(|error| unreadable(&path, &error))?;
        let contents = if name.ends_with(JOURNAL) {
            Contents::read(&bytes)
        } else {
            Contents { samples: samples_of(&bytes), ..Contents::default() }
        };
        let Some(id) = stem_of(name).map(str::to_owned) else { return Ok(None) };
        let written = file.metadata().and_then(|facts| facts.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
        let started = contents.header.as_ref().map_or(written, |header: &Header| header.started);
        Ok(Some(Unfinished { recordings: self.clone(), id, path, started, contents, _file: file }))
    }
}

impl Unfinished {
    /// The length of what is left of it.
    pub fn length(&self) -> Duration {
        self.contents.length()
    }

    /// How much of it is missing or could not be read, as words that go on after a sentence; `None` where it is less than a word.
    pub fn shortfall(&self) -> Option<String> {
        let unread = self.contents.unread();
        (unread >= WORTH_TELLING).then(|| format!("{:.1} s of it could not be read.", unread.as_secs_f64()))
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

    /// Gives it a name under which it is not offered again. Returns what the user is told.
    fn set_aside(self) -> Result<Error> {
        let aside = self.recordings.path().join(format!("{}-{DAMAGED}.{JOURNAL}", self.id));
        fs::rename(&self.path, &aside).map_err(|error| disk::trouble("set aside the recording", &self.path, &error))?;
        let message = format!(
            "No sound could be read in what is left of a dictation. It is kept as {}. Update Tawk if a newer one wrote it; \
             otherwise remove that file.",
            aside.display()
        );
        Ok(Error::new(ErrorKind::Storage, message))
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

fn whole(mut file: &File) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    let told = disk::trouble("read what is left of a dictation in", path, error);
    Error::new(told.kind, format!("{} The file stays as it is.", told.message))
}

/// The sound of a WAV file that an older Tawk left behind, as far as it goes. Where its header is damaged or says that there is
/// none, what follows the header is read as Tawk writes it.
fn samples_of(bytes: &[u8]) -> Vec<i16> {
    let told = hound::WavReader::new(bytes).into_iter();
    let told: Vec<_> = told.flat_map(hound::WavReader::into_samples).map_while(std::result::Result::ok).collect();
    if !told.is_empty() {
        return told;
    }
    let sound = bytes.get(WAV_HEADER..).unwrap_or_default();
    sound.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect()
}

//! A recording that is being made: its journal, written as it comes.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use super::{JOURNAL, Recordings, UNFINISHED, sealing};
use crate::disk;
use crate::journal::{self, Contents, Fate, Header, RecognisedText};

/// So much waits in memory for a disk that takes nothing, in bytes: 10 minutes of sound. What comes after it is missing in
/// the recording, as silence of the right length.
const MOST_WAITING: usize = 10 * 60 * SAMPLE_RATE as usize * 2;

/// The header is written again after so many samples, so that damage at the start takes no name away: a minute.
const SAMPLES_PER_HEADER: u64 = 60 * SAMPLE_RATE as u64;

/// A recording that is being made. Dropped without a decision, its journal stays.
///
/// Nothing is on disk before the first [`Recording::flush`]. A flush that fails loses nothing: the next one writes it all.
#[derive(Debug)]
pub struct Recording {
    recordings: Recordings,
    header: Header,
    journal: Option<OpenJournal>,
    /// What is not on disk yet.
    waiting: Vec<u8>,
    /// The position after the last sample that was appended.
    samples: u64,
    /// The position at which the header is due again.
    header_due: u64,
    /// What became of it, once that was decided.
    fate: Option<Fate>,
}

/// The journal's file. It is locked as long as it is open.
#[derive(Debug)]
struct OpenJournal {
    stem: String,
    path: PathBuf,
    file: Arc<File>,
    /// Whether the lock is held. Another program that looked at the file just when it was made can be in the way.
    locked: bool,
    /// So many bytes are written whole. Those after them, of a write that failed, are written over.
    written: u64,
}

/// Makes what was written last to the disk of a power cut.
#[derive(Clone, Debug)]
pub struct Sync {
    file: Arc<File>,
    path: PathBuf,
}

impl Sync {
    /// Waits until what has been written is on the disk itself. Takes as long as the disk does.
    ///
    /// # Errors
    /// `Storage`.
    pub fn wait(&self) -> Result<()> {
        self.file.sync_data().map_err(|error| disk::trouble("save the recording", &self.path, &error))
    }
}

impl Recording {
    pub(super) fn new(recordings: Recordings, started: SystemTime) -> Self {
        let header = Header { started, microphone: String::new(), app: String::new() };
        Self { recordings, header, journal: None, waiting: Vec::new(), samples: 0, header_due: 0, fate: None }
    }

    /// Where the journal is; `None` before it has been made.
    pub fn path(&self) -> Option<&Path> {
        self.journal.as_ref().map(|journal| journal.path.as_path())
    }

    /// The position after the last sample that was appended, at [`SAMPLE_RATE`].
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// How many bytes wait for a flush.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Whether so much waits that no more sound is taken.
    pub fn is_full(&self) -> bool {
        self.waiting.len() >= MOST_WAITING
    }

    /// Names the microphone.
    pub fn set_microphone(&mut self, name: &str) {
        name.clone_into(&mut self.header.microphone);
        self.header_due = 0;
    }

    /// Names the app that has the focus.
    pub fn set_app(&mut self, name: &str) {
        name.clone_into(&mut self.header.app);
        self.header_due = 0;
    }

    /// Appends mono samples at [`SAMPLE_RATE`], -1.0..=1.0 (louder ones are clipped), of which the first is number `position`
    /// of the recording: where that leaves a gap, samples are missing.
    pub fn append(&mut self, position: u64, samples: &[f32]) {
        if !self.is_full() {
            if self.samples >= self.header_due {
                journal::write_header(&self.header, &mut self.waiting);
                self.header_due = self.samples + SAMPLES_PER_HEADER;
            }
            let samples: Vec<i16> = samples.iter().map(|sample| (sample * 32_767.0).round() as i16).collect();
            journal::write_audio(position, &samples, &mut self.waiting);
        }
        self.samples = self.samples.max(position + samples.len() as u64);
    }

    /// Appends a segment's text.
    pub fn append_text(&mut self, text: &RecognisedText) {
        journal::write_text(text, &mut self.waiting);
    }

    /// Writes all that waits, so that it survives the end of this process. Not a power cut: see [`Recording::sync`].
    /// Makes the journal, and the folder, if need be. Says whether it had to be made anew because somebody had removed it;
    /// then nothing is lost either.
    ///
    /// # Errors
    /// `Storage`, for instance when the disk is full. What was written before stays readable, and the rest waits.
    pub fn flush(&mut self) -> Result<bool> {
        let removed = self.journal.as_ref().is_some_and(|journal| is_removed(&journal.file));
        if self.waiting.is_empty() && !removed {
            return Ok(false);
        }
        if removed && let Some(old) = self.journal.take() {
            match self.move_from(&old) {
                Ok(new) => self.journal = Some(new),
                Err(error) => {
                    self.journal = Some(old);
                    return Err(error);
                }
            }
        }
        let journal = match &mut self.journal {
            Some(journal) => journal,
            none => none.insert(OpenJournal::make(&self.recordings, self.header.started)?),
        };
        journal.append(&self.waiting)?;
        self.waiting.clear();
        Ok(removed)
    }

    fn move_from(&self, old: &OpenJournal) -> Result<OpenJournal> {
        let bytes = old.read()?;
        let mut new = OpenJournal::make(&self.recordings, self.header.started)?;
        new.append(&bytes)?;
        Ok(new)
    }

    /// For waiting, on another thread, until what was flushed is on the disk itself; `None` when there is nothing.
    pub fn sync(&self) -> Option<Sync> {
        self.journal.as_ref().map(|journal| Sync { file: Arc::clone(&journal.file), path: journal.path.clone() })
    }

    /// As it is for a moment when somebody else has locked the journal before its maker.
    #[cfg(test)]
    pub(super) fn unlock(&mut self) {
        if let Some(journal) = &mut self.journal {
            let _ = journal.file.unlock();
            journal.locked = false;
        }
    }

    /// Removes the recording, because nothing in it is needed any more.
    ///
    /// # Errors
    /// `Storage`.
    pub fn discard(self) -> Result<()> {
        self.journal.map_or(Ok(()), |journal| remove(&journal.path))
    }

    /// Ends the recording and keeps it as a WAV file under a name that says why. Returns where it is.
    ///
    /// # Errors
    /// `Storage`; the journal then stays.
    pub fn keep(mut self, reason: KeepReason) -> Result<PathBuf> {
        self.seal(Fate::Kept(reason))
    }

    /// As [`Recording::keep`], also for a text that has arrived. One that could not be kept can be tried again: nothing of
    /// it is lost as long as it is not dropped.
    ///
    /// # Errors
    /// As [`Recording::keep`].
    pub fn seal(&mut self, fate: Fate) -> Result<PathBuf> {
        if self.fate.replace(fate) != Some(fate) {
            // Should the machine fail now, the next start knows what was meant.
            journal::write_fate(fate, &mut self.waiting);
        }
        let flushed = self.flush();
        let Some(journal) = &self.journal else {
            flushed?;
            return Err(Error::new(ErrorKind::Internal, "The recording has no journal. Try again."));
        };
        let mut bytes = journal.read()?;
        if flushed.is_err() {
            bytes.extend(&self.waiting);
        }
        let sealed = sealing::seal(&self.recordings, &journal.stem, fate, &Contents::read(&bytes))?;
        remove(&journal.path)?;
        Ok(sealed)
    }
}

impl OpenJournal {
    /// Makes a journal for an utterance that began at `started`.
    fn make(recordings: &Recordings, started: SystemTime) -> Result<Self> {
        let folder = recordings.path();
        disk::make_private_folder(folder)?;
        for stem in recordings.free_stems(started) {
            let path = folder.join(format!("{stem}-{UNFINISHED}.{JOURNAL}"));
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => {
                    let mut journal = Self { stem, path, file: Arc::new(file), locked: false, written: 0 };
                    journal.lock();
                    return Ok(journal);
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(disk::trouble("make the recording", &path, &error)),
            }
        }
        Err(Error::new(ErrorKind::Internal, "Tawk found no name for the recording. Try again."))
    }

    /// Tells a journal that is being written from one that was left behind. A file system without locks only loses that
    /// distinction.
    fn lock(&mut self) {
        self.locked = self.locked || self.file.try_lock().is_ok();
    }

    fn append(&mut self, bytes: &[u8]) -> Result<()> {
        self.lock();
        self.file
            .write_all_at(bytes, self.written)
            .map_err(|error| disk::trouble("write the recording", &self.path, &error))?;
        self.written += bytes.len() as u64;
        Ok(())
    }

    /// What is written whole.
    fn read(&self) -> Result<Vec<u8>> {
        let mut bytes = vec![0; self.written as usize];
        self.file
            .read_exact_at(&mut bytes, 0)
            .map_err(|error| disk::trouble("read the recording", &self.path, &error))?;
        Ok(bytes)
    }
}

/// Whether the file is in no folder any more.
fn is_removed(file: &File) -> bool {
    file.metadata().is_ok_and(|facts| facts.nlink() == 0)
}

fn remove(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        // Gone is what it should be.
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(disk::trouble("remove the recording", path, &error))
        }
        _ => Ok(()),
    }
}

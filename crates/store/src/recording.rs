//! The recording of an utterance, on disk while it is spoken, so that nothing said is ever lost.
//!
//! A recording is a WAV file (16-bit, mono, 16 kHz) that only the user can read. It is `…-unfinished.wav` while it is
//! being made, goes away when its text was delivered, and stays as `…-cancelled.wav`, `…-failed.wav` and so on
//! otherwise. After a crash it stays as it is. Kept ones are bounded: the newest [`MOST_KEPT`], and none older than
//! [`LONGEST_KEPT`].

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use hound::{SampleFormat, WavSpec, WavWriter};
use tawk_core::session::KeepReason;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::disk;
use crate::folders::Folders;
use crate::timestamp::timestamp;

/// So many kept recordings stay; older ones are removed.
pub const MOST_KEPT: usize = 50;

/// So long a kept recording stays: 30 days.
pub const LONGEST_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// After so many samples the file is made whole again: 250 ms.
const SAMPLES_PER_FLUSH: usize = SAMPLE_RATE as usize / 4;

const UNFINISHED: &str = "unfinished";

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

    /// Begins the recording of an utterance that started at `started`, and makes the folder if need be.
    ///
    /// # Errors
    /// `Storage`; the dictation can go on without a recording.
    pub fn start(&self, started: SystemTime) -> Result<Recording> {
        disk::make_private_folder(&self.path)?;
        let stamp = timestamp(started);
        for number in 1.. {
            let stem = if number == 1 { stamp.clone() } else { format!("{stamp}.{number}") };
            let path = self.path.join(format!("{stem}-{UNFINISHED}.wav"));
            let refuse = |error: io::Error| disk::trouble("make the recording", &path, &error);
            match OpenOptions::new().read(true).write(true).create_new(true).mode(0o600).open(&path) {
                Ok(file) => {
                    return Recording::in_file(file, path.clone(), stem).map_err(|error| {
                        // A file without a header is no recording.
                        let _ = fs::remove_file(&path);
                        refuse(error)
                    });
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refuse(error)),
            }
        }
        Err(Error::new(ErrorKind::Internal, "Tawk found no name for the recording. Try again."))
    }

    /// The recordings that were kept or left behind, newest first. Those that are being made now are not among them.
    ///
    /// # Errors
    /// `Storage` when the folder is there but cannot be read.
    pub fn leftovers(&self) -> Result<Vec<Leftover>> {
        let files = match fs::read_dir(&self.path) {
            Ok(files) => files,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(disk::trouble("read the recordings in", &self.path, &error)),
        };
        let mut leftovers: Vec<_> = files
            .flatten()
            .filter_map(|file| {
                let reason = reason_of(file.file_name().to_str()?)?;
                let (path, facts) = (file.path(), file.metadata().ok()?);
                let written = facts.modified().ok()?;
                let idle = facts.is_file() && (reason.is_some() || !is_being_made(&path));
                idle.then_some(Leftover { path, reason, written, bytes: facts.len() })
            })
            .collect();
        leftovers.sort_by(|a, b| b.path.cmp(&a.path));
        Ok(leftovers)
    }

    /// Removes the leftovers beyond [`MOST_KEPT`] and those older than [`LONGEST_KEPT`] at `now`; returns their number.
    /// Nothing else in the folder is touched.
    ///
    /// # Errors
    /// `Storage`.
    pub fn prune(&self, now: SystemTime) -> Result<usize> {
        let mut removed = 0;
        for (place, leftover) in self.leftovers()?.iter().enumerate() {
            let age = now.duration_since(leftover.written).unwrap_or_default();
            if place >= MOST_KEPT || age > LONGEST_KEPT {
                fs::remove_file(&leftover.path).map_err(|error| disk::trouble("remove", &leftover.path, &error))?;
                removed += 1;
            }
        }
        Ok(removed)
    }
}

/// `Some` for names of recordings; within, the reason for which it was kept.
fn reason_of(name: &str) -> Option<Option<KeepReason>> {
    let (stamp, word) = name.strip_suffix(".wav")?.split_once('-')?;
    if !stamp.starts_with(|c: char| c.is_ascii_digit()) || !stamp.contains('T') {
        return None;
    }
    if word == UNFINISHED {
        return Some(None);
    }
    KeepReason::ALL.into_iter().find(|reason| reason.word() == word).map(Some)
}

fn is_being_made(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// A recording that is being made. Dropped without a decision, its file stays.
pub struct Recording {
    path: PathBuf,
    stem: String,
    writer: WavWriter<BufWriter<File>>,
    /// Shares the lock of the writer's file and holds it until the file has its last name.
    lock: File,
    samples: u64,
    unflushed: usize,
}

impl Recording {
    fn in_file(file: File, path: PathBuf, stem: String) -> io::Result<Self> {
        // Tells a recording that is being made from one that was left behind. A file system without locks only
        // loses that distinction.
        let _ = file.try_lock();
        let lock = file.try_clone()?;
        let spec =
            WavSpec { channels: 1, sample_rate: SAMPLE_RATE, bits_per_sample: 16, sample_format: SampleFormat::Int };
        let mut writer = WavWriter::new(BufWriter::new(file), spec).map_err(plain)?;
        writer.flush().map_err(plain)?;
        Ok(Self { path, stem, writer, lock, samples: 0, unflushed: 0 })
    }

    /// Where the file is now.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The number of samples appended so far, at [`SAMPLE_RATE`].
    pub fn samples(&self) -> u64 {
        self.samples
    }

    /// Appends mono samples at [`SAMPLE_RATE`], -1.0..=1.0 (louder ones are clipped). After every 250 ms of them the
    /// file is whole on disk and readable, whatever happens to Tawk.
    ///
    /// # Errors
    /// `Storage`, for instance when the disk is full. What was written before stays readable; the caller can go on
    /// without the recording.
    pub fn append(&mut self, samples: &[f32]) -> Result<()> {
        for piece in samples.chunks(SAMPLES_PER_FLUSH) {
            self.write(piece).map_err(|error| disk::trouble("write the recording", &self.path, &plain(error)))?;
        }
        Ok(())
    }

    fn write(&mut self, samples: &[f32]) -> hound::Result<()> {
        for sample in samples {
            self.writer.write_sample((sample * 32_767.0).round() as i16)?;
        }
        self.samples += samples.len() as u64;
        self.unflushed += samples.len();
        if self.unflushed >= SAMPLES_PER_FLUSH {
            self.writer.flush()?;
            self.unflushed = 0;
        }
        Ok(())
    }

    /// Removes the recording, because its text has been delivered.
    ///
    /// # Errors
    /// `Storage`.
    pub fn deliver(self) -> Result<()> {
        self.discard()
    }

    /// Removes the recording, because nothing in it is worth keeping.
    ///
    /// # Errors
    /// `Storage`.
    pub fn discard(self) -> Result<()> {
        fs::remove_file(&self.path).map_err(|error| disk::trouble("remove the recording", &self.path, &error))
    }

    /// Ends the recording and keeps it under a name that says why. Returns where it is.
    ///
    /// # Errors
    /// `Storage`; the file then stays under the name that it had.
    pub fn keep(self, reason: KeepReason) -> Result<PathBuf> {
        let Recording { path, stem, writer, lock, .. } = self;
        let kept = path.with_file_name(format!("{stem}-{}.wav", reason.word()));
        let end = writer.finalize().map_err(plain).and_then(|()| lock.sync_all());
        fs::rename(&path, &kept).map_err(|error| disk::trouble("keep the recording", &path, &error))?;
        end.map_err(|error| disk::trouble("end the recording", &kept, &error))?;
        Ok(kept)
    }
}

fn plain(error: hound::Error) -> io::Error {
    match error {
        hound::Error::IoError(error) => error,
        other => io::Error::other(other.to_string()),
    }
}

#[cfg(test)]
mod tests;

//! A download as it grows on disk.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Seek as _, Write as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use sha2::{Digest as _, Sha256};
use tawk_core::{Error, ErrorKind, Result};

use crate::catalogue::Entry;
use crate::digest::{self, hexadecimal};
use crate::disk;

/// The file `<name>.part`, locked against other fetches, and the digest of what is in it.
#[derive(Debug)]
pub(super) struct Part {
    path: PathBuf,
    file: File,
    length: u64,
    digest: Sha256,
}

impl Part {
    /// Opens the file, or makes it, and reads what an earlier fetch left in it.
    ///
    /// # Errors
    /// `AlreadyRunning` when another fetch holds it, `Storage`.
    pub(super) fn open(path: PathBuf) -> Result<Self> {
        let mut file = lock(&path)?;
        let mut digest = Sha256::new();
        let length = digest::pump(&mut file, &mut digest, &mut io::sink(), &mut |_| {})
            .map_err(|error| disk::trouble("read", &path, &error))?;
        Ok(Self { path, file, length, digest })
    }

    /// The number of bytes that are there.
    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// The SHA-256 of what is there, in hexadecimal digits.
    pub(super) fn digest(&self) -> String {
        hexadecimal(&self.digest.clone().finalize())
    }

    /// Throws away what is there.
    pub(super) fn restart(&mut self) -> Result<()> {
        self.file.set_len(0).and_then(|()| self.file.rewind()).map_err(|error| self.trouble(&error))?;
        self.length = 0;
        self.digest = Sha256::new();
        Ok(())
    }

    /// Appends what came.
    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // A piece of it may have been written; the next fetch must not take it for whole.
            let _ = self.file.set_len(self.length);
            return Err(self.trouble(&error));
        }
        self.digest.update(bytes);
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Gives the complete file its name.
    pub(super) fn finish(self, target: &Path) -> Result<PathBuf> {
        self.file.sync_all().map_err(|error| self.trouble(&error))?;
        fs::rename(&self.path, target).map_err(|error| disk::trouble("write", target, &error))?;
        Ok(target.to_path_buf())
    }

    /// Removes the file.
    pub(super) fn remove(self) {
        if let Err(error) = fs::remove_file(&self.path) {
            tracing::warn!("{}", disk::trouble("remove", &self.path, &error));
        }
    }

    fn trouble(&self, error: &io::Error) -> Error {
        disk::trouble("write", &self.path, error)
    }
}

/// Opens and locks the file that is at `path` now. A fetch that ends renames its file, so one that was opened just
/// before may no longer be there once it is locked.
fn lock(path: &Path) -> Result<File> {
    let refuse = |error: io::Error| disk::trouble("write", path, &error);
    loop {
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(refuse)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(Error::new(
                    ErrorKind::AlreadyRunning,
                    "This model is being fetched already by another Tawk. Wait until that is done.",
                ));
            }
            // A file system without locks: two fetches at once are then the user's own risk.
            Err(TryLockError::Error(_)) => return Ok(file),
        }
        let opened = file.metadata().map_err(refuse)?;
        match fs::metadata(path) {
            Ok(there) if (there.dev(), there.ino()) == (opened.dev(), opened.ino()) => return Ok(file),
            _ => {}
        }
    }
}

/// Whether `target` is the file of `entry`, by length and SHA-256.
pub(super) fn is_whole(target: &Path, entry: &Entry) -> bool {
    File::open(target).is_ok_and(|mut file| {
        file.metadata().is_ok_and(|facts| facts.is_file() && facts.len() == entry.bytes)
            && digest::of(&mut file, &mut |_| {}).is_ok_and(|digest| digest == entry.sha256)
    })
}

//! The history's file: opened for one piece of work at a time, brought to the present shape, set aside when it is damaged. What
//! can be read of a damaged one is the beginning of the next.
//!
//! Whoever works on it holds a shared lock on a file beside it; who sets it aside holds that lock alone. So nobody
//! writes into a file that has just been set aside, and two programs never set it aside twice.
//!
//! The journal is SQLite's rollback journal, not a write-ahead log: that would keep deleted text in a second file until it
//! happens to be overwritten, and a few rows an hour gain nothing from it.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior};
use tawk_core::{Error, ErrorKind, Result};

use super::salvage::Salvage;
use super::shape;
use crate::disk;

/// How long one program waits for another that is writing.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a piece of work was not done.
#[derive(Debug)]
pub(super) enum Fault {
    /// The file is not what it should be.
    Damaged,
    /// A later Tawk wrote it.
    Newer,
    /// SQLite or the disk refused.
    Refused(rusqlite::Error),
    /// The work itself says why.
    Said(Error),
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::Error as E;
        match &error {
            E::FromSqlConversionFailure(..) | E::IntegralValueOutOfRange(..) | E::InvalidColumnType(..) => {
                Fault::Damaged
            }
            _ => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Fault::Damaged,
                // The statements are fixed, so that only a damaged search index can refuse one.
                Some(ErrorCode::Unknown) => Fault::Damaged,
                _ => Fault::Refused(error),
            },
        }
    }
}

/// Where the history lies.
#[derive(Debug)]
pub(super) struct HistoryFile {
    path: PathBuf,
}

impl HistoryFile {
    pub(super) fn at(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there is a file at all.
    pub(super) fn exists(&self) -> bool {
        self.path.exists()
    }

    /// Does a piece of work in one transaction. A damaged file is set aside and the work done on what can be read of it; then
    /// the second value tells of it.
    pub(super) fn work<T>(&self, mut work: impl FnMut(&Connection) -> Result<T, Fault>) -> (Result<T>, Option<Error>) {
        let mut notice = None;
        let result = match self.attempt(&mut work) {
            Err((Fault::Damaged, seen)) => match self.set_aside(seen) {
                Ok(told) => {
                    notice = told;
                    self.attempt(&mut work)
                }
                Err(error) => return (Err(error), None),
            },
            other => other,
        };
        (result.map_err(|(fault, _)| self.error(fault)), notice)
    }

    /// Gives back the room that deleted rows took.
    pub(super) fn shrink(&self) -> Result<()> {
        let shrunk = self.locked(false).and_then(|_lock| {
            let connection = self.connect()?;
            Ok(connection.execute_batch("VACUUM")?)
        });
        shrunk.map_err(|fault| self.error(fault))
    }

    fn attempt<T>(&self, work: &mut impl FnMut(&Connection) -> Result<T, Fault>) -> Result<T, (Fault, Option<u64>)> {
        let mut seen = None;
        let mut whole = || {
            let _lock = self.locked(false)?;
            let mut connection = self.connect()?;
            seen = self.inode();
            // Immediate: what is read here is still true when it is written.
            let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
            shape::bring_up(&transaction)?;
            let done = work(&transaction)?;
            transaction.commit()?;
            Ok(done)
        };
        whole().map_err(|fault| (fault, seen))
    }

    fn connect(&self) -> Result<Connection, Fault> {
        // SQLite would make it readable for others; its journal takes the file's mode.
        let private = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&self.path);
        let private = private.and_then(|file| file.set_permissions(fs::Permissions::from_mode(0o600)));
        private.map_err(|error| Fault::Said(disk::trouble("open the history", &self.path, &error)))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&self.path, flags)?;
        connection.busy_timeout(PATIENCE)?;
        // A damaged file must not make SQLite do what the program did not ask for.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
        connection.execute_batch(
            "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA foreign_keys = ON; PRAGMA temp_store = MEMORY;",
        )?;
        // Answers with its new value, and so is no plain statement.
        connection.query_row("PRAGMA secure_delete = ON", [], |_| Ok(()))?;
        Ok(connection)
    }

    fn locked(&self, alone: bool) -> Result<File, Fault> {
        let path = self.path.with_extension("lock");
        let lock = || {
            let file = OpenOptions::new().create(true).truncate(false).write(true).mode(0o600).open(&path)?;
            // A file system without locks only loses this protection.
            let _ = if alone { file.lock() } else { file.lock_shared() };
            Ok(file)
        };
        if let Some(folder) = self.path.parent() {
            disk::make_private_folder(folder).map_err(Fault::Said)?;
        }
        lock().map_err(|error: io::Error| Fault::Said(disk::trouble("open the history's lock", &path, &error)))
    }

    fn inode(&self) -> Option<u64> {
        fs::metadata(&self.path).ok().map(|facts| facts.ino())
    }

    /// Renames the damaged file, unless another program has done it meanwhile. `seen` is the file that was found damaged.
    fn set_aside(&self, seen: Option<u64>) -> Result<Option<Error>> {
        let _lock = self.locked(true).map_err(|fault| self.error(fault))?;
        if self.inode() != seen {
            return Ok(None);
        }
        let Some(aside) = (1..10_000).map(|number| self.aside(number)).find(|path| !path.exists()) else {
            return Err(Error::new(
                ErrorKind::Storage,
                format!(
                    "There are too many damaged histories beside {}. Remove some and try again.",
                    self.path.display()
                ),
            ));
        };
        let refuse = |error: io::Error| disk::trouble("set aside the damaged history", &self.path, &error);
        // An unfinished change of the damaged file must not be applied to the new one.
        match fs::rename(journal_of(&self.path), journal_of(&aside)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refuse(error)),
            _ => {}
        }
        fs::rename(&self.path, &aside).map_err(refuse)?;
        let saved = match self.begin_with(&Salvage::of(&aside)) {
            Ok(0) => "no dictation could be read".into(),
            Ok(1) => "1 dictation could be read and is in it".into(),
            Ok(saved) => format!("{saved} dictations could be read and are in it"),
            Err(fault) => format!("what could be read is not in it ({})", self.error(fault).message),
        };
        Ok(Some(Error::new(
            ErrorKind::Storage,
            format!(
                "The history was damaged. It is kept as {}, and a new one was begun: {saved}. The recordings are as they were. \
                 Remove that file when you do not need it.",
                aside.display()
            ),
        )))
    }

    /// Begins a new file with what could be read of a damaged one. Returns the number of dictations.
    fn begin_with(&self, salvage: &Salvage) -> Result<usize, Fault> {
        let mut connection = self.connect()?;
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        shape::bring_up(&transaction)?;
        let saved = salvage.write(&transaction)?;
        transaction.commit()?;
        Ok(saved)
    }

    fn aside(&self, number: u32) -> PathBuf {
        self.path.with_file_name(format!("history-damaged-{number}.sqlite3"))
    }

    /// The damaged histories that were set aside, with the files that belong to them.
    pub(super) fn set_aside_before(&self) -> Vec<PathBuf> {
        let files = self.path.parent().and_then(|folder| fs::read_dir(folder).ok());
        let is_aside = |path: &PathBuf| {
            let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            name.starts_with("history-damaged-") && name.contains(".sqlite3")
        };
        files.into_iter().flatten().flatten().map(|file| file.path()).filter(is_aside).collect()
    }

    fn error(&self, fault: Fault) -> Error {
        let path = self.path.display();
        let message = match fault {
            Fault::Said(error) => return error,
            Fault::Damaged => {
                format!("The history {path} is damaged and could not be replaced. Move it away and try again.")
            }
            Fault::Newer => {
                format!("The history {path} was written by a newer Tawk. Update Tawk, or move the file away.")
            }
            Fault::Refused(error) => match error.sqlite_error_code() {
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => {
                    "Another program holds Tawk's history. Try again in a moment.".into()
                }
                Some(ErrorCode::DiskFull) => {
                    format!("Tawk cannot write the history {path}: the disk is full. Make room and try again.")
                }
                Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => format!(
                    "Tawk cannot open the history {path}: the access is denied. Correct the access rights and try again."
                ),
                _ => format!("Tawk cannot use the history {path}: {error}. Check the disk and try again."),
            },
        };
        Error::new(ErrorKind::Storage, message)
    }
}

fn journal_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-journal");
    name.into()
}

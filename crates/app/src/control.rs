//! The local socket: makes the app single and lets commands reach it.
//!
//! One JSON object a line each way. The socket is 0600 in a private folder, and a peer of another user is turned away.
//! Nothing here is reachable from a web page or another machine.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::Folders;
use tawk_store::erase::LOCK;

use crate::handle::Handle;
use crate::status::{Status, Trouble};

/// How long either side waits for the other.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an answer waits for the app in front to tell about its field.
const FIELD_WAIT: Duration = Duration::from_millis(200);

/// The longest request that is read, in bytes.
const LONGEST_REQUEST: u64 = 4096;

/// Asked of a running app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// Start a dictation, or end the one that is being spoken.
    Toggle,
    /// Cancel what is being heard, recognised or typed.
    Cancel,
    /// Type after all what was cancelled last.
    Undo,
    /// Only answer.
    Status,
    /// Open the window.
    Open,
    /// Look again: a command has changed the history.
    HistoryChanged,
    /// Keep what is being heard and end.
    Quit,
}

/// The app's answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reply {
    /// The app's version.
    pub version: String,
    /// The app's state when the request arrived.
    pub status: Status,
    /// Why the request could not be served, if it could not.
    pub error: Option<Trouble>,
}

/// The app's end of the socket. Dropping it removes the socket.
pub(crate) struct Control {
    path: PathBuf,
    /// Locked as long as the app lives; the system lets go of it even after a crash.
    _lock: File,
}

impl Control {
    /// Becomes the one running app and listens.
    ///
    /// # Errors
    /// `AlreadyRunning`, `Storage`.
    pub(crate) fn start(folders: &Folders, handle: Handle) -> Result<Self> {
        let path = folders.socket()?;
        // Beside the data that it guards, so that nobody gets a second lock through another runtime folder.
        let lock = lock_of(folders)?;
        // A socket that is still there was left by an app that crashed: its lock was free.
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).map_err(|error| storage(&path, &error))?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).map_err(|error| storage(&path, &error))?;
        thread::Builder::new()
            .name("control".into())
            .spawn(move || {
                for stream in listener.incoming() {
                    let Ok(stream) = stream else { continue };
                    if let Err(error) = serve(stream, &handle) {
                        tracing::debug!("control: {error}");
                    }
                }
            })
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { path, _lock: lock })
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Makes this the only Tawk with these folders, until the answer is dropped.
///
/// # Errors
/// `AlreadyRunning`, `Storage`.
pub(crate) fn lock_of(folders: &Folders) -> Result<File> {
    lock(&folders.data.join(LOCK))
}

fn lock(path: &Path) -> Result<File> {
    let file = OpenOptions::new()
        .create(true)
        .truncate(false)
        .write(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| storage(path, &error))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => {
            Err(Error::new(ErrorKind::AlreadyRunning, "Tawk is running already. Its icon is in the menu bar."))
        }
        Err(TryLockError::Error(error)) => Err(storage(path, &error)),
    }
}

fn storage(path: &Path, error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Storage,
        format!("{} cannot be used: {error}. Make its folder writable for you alone.", path.display()),
    )
}

fn serve(mut stream: UnixStream, handle: &Handle) -> std::io::Result<()> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    if !tawk_platform::peer::is_same_user(&stream).unwrap_or(false) {
        tracing::warn!("another user was turned away from the control socket");
        return Ok(());
    }
    let mut line = String::new();
    BufReader::new((&stream).take(LONGEST_REQUEST)).read_line(&mut line)?;
    let request = serde_json::from_str(&line);
    if matches!(request, Ok(Request::Status)) {
        handle.look_at_field(FIELD_WAIT);
        handle.count_recoverable();
    }
    let status = handle.status();
    let error = match request {
        Ok(request) if handle.is_ending() && !(request == Request::Quit && handle.is_erased()) => Some(Trouble {
            code: ErrorKind::NotRunning.code().into(),
            message: "Tawk is just quitting. Try again in a moment.".into(),
        }),
        Ok(Request::Undo) if !status.can_undo => Some(Trouble {
            code: ErrorKind::Usage.code().into(),
            message: "There is no cancelled dictation to undo. Only the last one can be, until something else is dictated or typed.".into(),
        }),
        Ok(request) => {
            perform(request, handle);
            None
        }
        Err(_) => Some(Trouble {
            code: ErrorKind::Usage.code().into(),
            message:
                "The request was not understood. The command and the app are of different versions: restart the app."
                    .into(),
        }),
    };
    let reply = Reply { version: crate::VERSION.into(), status, error };
    let mut answer = serde_json::to_vec(&reply)?;
    answer.push(b'\n');
    stream.write_all(&answer)
}

fn perform(request: Request, handle: &Handle) {
    match request {
        Request::Toggle => handle.toggle(),
        Request::Cancel => handle.cancel(),
        Request::Undo => handle.undo(),
        Request::Status => {}
        Request::Open => handle.open_window(),
        Request::HistoryChanged => handle.history_changed(),
        Request::Quit => handle.quit(),
    }
}

/// Asks the running app.
///
/// # Errors
/// `NotRunning` when there is none, or what the app answered.
pub fn send(folders: &Folders, request: Request) -> Result<Reply> {
    let not_running = |_| Error::new(ErrorKind::NotRunning, "Tawk is not running. Start the Tawk app first.");
    let broken = |error: std::io::Error| {
        Error::new(
            ErrorKind::NotRunning,
            format!("The running Tawk did not answer: {error}. Quit it and start it again."),
        )
    };
    let mut stream = UnixStream::connect(folders.socket()?).map_err(not_running)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(broken)?;
    stream.set_write_timeout(Some(PATIENCE)).map_err(broken)?;
    let mut line = serde_json::to_vec(&request).map_err(|error| broken(error.into()))?;
    line.push(b'\n');
    stream.write_all(&line).map_err(broken)?;
    let mut answer = String::new();
    BufReader::new(stream).read_line(&mut answer).map_err(broken)?;
    let reply: Reply = serde_json::from_str(&answer).map_err(|error| broken(error.into()))?;
    match reply.error {
        Some(error) if error.code == ErrorKind::NotRunning.code() => {
            Err(Error::new(ErrorKind::NotRunning, error.message))
        }
        Some(error) => Err(Error::new(ErrorKind::Usage, error.message)),
        None => Ok(reply),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_plain_on_the_wire() {
        assert_eq!(serde_json::to_string(&Request::Toggle).unwrap(), r#"{"request":"toggle"}"#);
        assert_eq!(serde_json::from_str::<Request>(r#"{"request":"open"}"#).unwrap(), Request::Open);
        assert!(serde_json::from_str::<Request>(r#"{"request":"type","text":"x"}"#).is_err());
    }

    #[test]
    fn nobody_home_is_said_so() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path());
        folders.create().unwrap();
        assert_eq!(send(&folders, Request::Status).unwrap_err().kind, ErrorKind::NotRunning);
    }

    #[test]
    fn only_one_has_the_lock() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("tawk.lock");
        let first = lock(&path).unwrap();
        assert_eq!(lock(&path).unwrap_err().kind, ErrorKind::AlreadyRunning);
        drop(first);
        assert!(lock(&path).is_ok());
    }
}

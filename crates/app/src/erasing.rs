//! Deleting everything that Tawk has written: from the app, which ends its threads first, or from the command line, which
//! has the app quit first.

use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use tawk_core::login_item::LoginItem;
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_store::{Erased, Folders};

use crate::control::{self, Request};
use crate::handle::Handle;
use crate::held::Held;
use crate::message::Message;
use crate::shared::locked;
use crate::status::{State, Trouble};

/// How long the threads, or another Tawk, may take to end. Ending is bounded to about 3 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often it is asked whether another Tawk has ended.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// What a program that is just ending, such as the web view's, may still write.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Whether the downloaded and imported models go as well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Models {
    /// They stay.
    Keep,
    /// They go.
    Delete,
}

/// Has a running app quit, and deletes everything. Takes seconds while an app runs.
///
/// # Errors
/// `AlreadyRunning` when the app does not end, `Storage`; then nothing was deleted.
pub fn erase(platform: &Platform, folders: &Folders, models: Models) -> Result<Erased> {
    folders.create()?;
    let begin = Instant::now();
    let lock = loop {
        match control::lock_of(folders) {
            Ok(lock) => break lock,
            Err(error) if error.kind == ErrorKind::AlreadyRunning && begin.elapsed() < PATIENCE => {
                // One that is just starting or ending does not answer, and is asked again.
                let _ = control::send(folders, Request::Quit);
                thread::sleep(LOOK_EVERY);
            }
            Err(error) if error.kind == ErrorKind::AlreadyRunning => {
                return Err(Error::new(error.kind, "Tawk is running and does not quit. End it, and try again."));
            }
            Err(error) => return Err(error),
        }
    };
    let has_ended = begin.elapsed() >= LOOK_EVERY;
    let erased = remove(platform, folders, models);
    if has_ended {
        thread::sleep(LAST_WORDS);
    }
    erase_rest(folders, models);
    drop(lock);
    Ok(erased)
}

/// Deletes what was written at the very end, and the empty folders. For after the app's end.
pub fn erase_rest(folders: &Folders, models: Models) {
    tawk_store::erase::erase_rest(folders, models == Models::Delete, &tawk_platform::leavings());
}

/// As [`erase`], for the app itself: its threads end, the program does not.
pub(crate) fn end_and_erase(handle: &Handle, models: Models) -> Result<Erased> {
    let shared = &handle.shared;
    if !handle.is_erased() {
        let (ended, waits) = bounded(1);
        *locked(&shared.erasing) = Some(ended);
        handle.cancel_fetch();
        handle.forget_trial();
        shared.send(Message::Shutdown);
        if waits.recv_timeout(PATIENCE).is_err() {
            *locked(&shared.erasing) = None;
            return Err(Error::new(ErrorKind::Internal, "Tawk's threads do not end. Quit Tawk, and run: tawk erase."));
        }
        *locked(&shared.hotkey) = None;
        *locked(&shared.last_text) = None;
        *locked(&shared.held) = Held::default();
    }
    *locked(&shared.erased) = Some(models);
    let erased = remove(&shared.platform, &shared.folders, models);
    let mut status = locked(&shared.status);
    (status.state, status.has_last_text, status.trouble) = (State::Trouble, false, Some(Trouble::from(&over())));
    let now = status.clone();
    drop(status);
    shared.listener.status_changed(&now);
    Ok(erased)
}

/// What an app says that has deleted everything.
pub(crate) fn over() -> Error {
    Error::new(
        ErrorKind::NotRunning,
        "Tawk has deleted what it had written, and works no more. Quit it; started again, it begins anew.",
    )
}

fn remove(platform: &Platform, folders: &Folders, models: Models) -> Erased {
    let mut erased = tawk_store::erase::erase(folders, models == Models::Delete, &tawk_platform::leavings());
    if platform.login_items.state() != LoginItem::Off {
        match platform.login_items.set(false) {
            Ok(LoginItem::Off) => erased.removed.push("The start at login".into()),
            // What the system never knew is not there.
            Ok(_) => {}
            Err(error) => erased.failed.push(error.message),
        }
    }
    erased
}

//! Makes sure that nothing outlives the tests, even when they are killed.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::programs;

/// Tells the guard that a process group has been started.
pub(crate) fn started(group: u32) {
    tell(&format!("+{group}"));
}

/// Tells the guard that a process group has ended.
pub(crate) fn ended(group: u32) {
    tell(&format!("-{group}"));
}

/// Has `folder` removed at the end, whatever happens.
pub(crate) fn remove_at_end(folder: &Path) {
    tell(&folder.display().to_string());
}

fn tell(line: &str) {
    static PIPE: OnceLock<Mutex<ChildStdin>> = OnceLock::new();
    let pipe = PIPE.get_or_init(|| Mutex::new(start()));
    let mut pipe = pipe.lock().unwrap_or_else(PoisonError::into_inner);
    writeln!(pipe, "{line}").expect("The guard of the desk's processes has ended. Run the tests again.");
}

/// The guard outlives this process on purpose, so nobody waits for it.
#[allow(clippy::zombie_processes)]
fn start() -> ChildStdin {
    let mut guard = Command::new(programs::python())
        .arg(programs::desk_file("guard.py"))
        .stdin(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("The guard of the desk's processes cannot be started.");
    guard.stdin.take().expect("The guard has a standard input.")
}

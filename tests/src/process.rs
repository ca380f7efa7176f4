//! A program that runs beside the tests, in a process group of its own.

use std::fs::{self, File};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;

use crate::guard;
use crate::wait::wait;

/// A running program. Dropping it kills it and everything that it started.
pub struct Process {
    name: String,
    child: Child,
    log: PathBuf,
    status: Option<ExitStatus>,
}

impl Process {
    /// Starts `command`; what it says goes to `folder/NAME.log`.
    #[track_caller]
    pub fn start(name: &str, folder: &Path, command: &mut Command) -> Self {
        let file = log_file(folder, name);
        let out = file.try_clone().expect("A log file can be written twice.");
        command.stdin(Stdio::null()).stdout(out).stderr(file);
        Self::spawn(name, folder, command)
    }

    /// As [`Process::start`], but gives its standard input and output instead of logging the latter.
    #[track_caller]
    pub fn start_piped(name: &str, folder: &Path, command: &mut Command) -> (Self, ChildStdin, ChildStdout) {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(log_file(folder, name));
        let mut process = Self::spawn(name, folder, command);
        let input = process.child.stdin.take().expect("The standard input is piped.");
        let output = process.child.stdout.take().expect("The standard output is piped.");
        (process, input, output)
    }

    #[track_caller]
    fn spawn(name: &str, folder: &Path, command: &mut Command) -> Self {
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("{name} ({}) cannot be started: {error}. Run scripts/setup.", command.get_program().display())
        });
        guard::started(child.id());
        Self { name: name.into(), child, log: log_path(folder, name), status: None }
    }

    /// The process id, which is also its group's.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        self.poll().is_none()
    }

    fn poll(&mut self) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.child.try_wait().expect("A child can be asked whether it runs.");
        }
        self.status
    }

    /// Waits for the end; `None` after `bound`.
    pub fn end(&mut self, bound: Duration) -> Option<ExitStatus> {
        wait(bound, || self.poll())
    }

    /// Sends a signal to the program itself.
    pub fn signal(&self, signal: Signal) {
        // A program that has ended already needs no signal.
        let _ = kill(self.pid(), signal);
    }

    /// What it has said so far.
    pub fn log(&self) -> String {
        fs::read(&self.log).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    /// The last lines of what it has said, for a failure's message.
    pub fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<_> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(12)..].join("\n  ");
        format!("{} said:\n  {tail}", self.name)
    }

    fn pid(&self) -> Pid {
        Pid::from_raw(self.child.id().cast_signed())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = killpg(self.pid(), Signal::SIGKILL);
        let _ = self.child.wait();
        guard::ended(self.child.id());
    }
}

fn log_path(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{name}.log"))
}

fn log_file(folder: &Path, name: &str) -> File {
    let path = log_path(folder, name);
    File::options()
        .create(true)
        .append(true)
        .open(&path)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", path.display()))
}

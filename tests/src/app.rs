//! The running `tawk-app`, and the `tawk` program that speaks with it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::Value;

use crate::home::Home;
use crate::process::Process;
use crate::programs;
use crate::wait::{wait, wait_for};

/// How long a command of `tawk` may take unless said otherwise.
pub const COMMAND_BOUND: Duration = Duration::from_secs(60);

/// What a command gave.
#[derive(Debug)]
pub struct Answer {
    /// The exit code; 128 and more for a signal.
    pub code: i32,
    /// The standard output.
    pub out: String,
    /// The standard error.
    pub err: String,
}

impl Answer {
    /// The standard output, once the command has succeeded.
    #[track_caller]
    pub fn ok(self) -> String {
        assert!(self.code == 0, "It failed with exit code {}: {}{}", self.code, self.err, self.out);
        self.out
    }

    /// As [`Answer::ok`], read as JSON.
    #[track_caller]
    pub fn json(self) -> Value {
        let out = self.ok();
        serde_json::from_str(&out).unwrap_or_else(|error| panic!("This is no JSON ({error}): {out}"))
    }

    /// Makes sure that the command failed as it should: this exit code, and a clear sentence that names the next
    /// step. Gives the sentence.
    #[track_caller]
    pub fn refused(self, code: i32) -> String {
        // The demo model's note may stand before it.
        let said = self.err.trim().lines().last().unwrap_or_default();
        assert!(self.code == code, "Exit code {} instead of {code}; it said: {said}{}", self.code, self.out);
        assert!(!said.contains("panicked"), "It panicked: {said}");
        assert!(said.starts_with("tawk") && said.ends_with(['.', '?']), "This is no sentence: {said}");
        assert!(self.err.trim().lines().count() <= 2, "This is more than a sentence or two: {}", self.err);
        said.into()
    }
}

/// Runs `command` to its end with nothing on its standard input.
#[track_caller]
pub fn run(command: &mut Command) -> Answer {
    run_with(command, "", COMMAND_BOUND)
}

/// Runs `command` to its end with `input` on its standard input; fails after `bound`.
#[track_caller]
pub fn run_with(command: &mut Command, input: &str, bound: Duration) -> Answer {
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let mut child = child.unwrap_or_else(|error| panic!("{command:?} cannot be started: {error}."));
    let mut pipe = child.stdin.take().expect("The standard input is piped.");
    let input = input.to_owned();
    // A program that reads nothing closes the pipe.
    let writer = thread::spawn(move || drop(pipe.write_all(input.as_bytes())));
    let id = nix::unistd::Pid::from_raw(child.id().cast_signed());
    let waiter = thread::spawn(move || child.wait_with_output());
    if wait(bound, || waiter.is_finished().then_some(())).is_none() {
        let _ = nix::sys::signal::kill(id, Signal::SIGKILL);
        panic!("{command:?} did not end within {} s.", bound.as_secs());
    }
    let output = waiter.join().expect("Waiting does not panic.").expect("The output can be read.");
    let _ = writer.join();
    answer(&output)
}

fn answer(output: &Output) -> Answer {
    Answer {
        code: code(output.status),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The exit code; 128 and more for a signal, as a shell counts.
pub fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or_else(|| status.signal().map(|signal| 128 + signal)).unwrap_or(-1)
}

/// The `tawk` command with these arguments in this home.
#[track_caller]
pub fn tawk(home: &Home, arguments: &[&str]) -> Command {
    let mut command = home.command(programs::tawk());
    command.args(arguments);
    command
}

/// The running app's status, as `tawk status --json` gives it.
#[track_caller]
pub fn status(home: &Home) -> Value {
    run(&mut tawk(home, &["status", "--json"])).json()["status"].take()
}

/// Waits until the running app is in this state, such as `idle` or `listening`.
#[track_caller]
pub fn wait_state(home: &Home, state: &str, bound: Duration) {
    let mut last = Value::Null;
    let found = wait(bound, || {
        last = status(home);
        (last["state"] == state).then_some(())
    });
    assert!(found.is_some(), "The app did not become {state}: {last}.");
}

/// A running `tawk-app`.
pub struct App {
    process: Process,
}

impl App {
    /// Starts the app and waits until it can be spoken with.
    #[track_caller]
    pub fn start(home: &Home, arguments: &[&str]) -> Self {
        home.be_no_newcomer();
        let mut command = home.command(programs::tawk_app());
        command.args(arguments);
        let mut app = Self { process: Process::start("tawk-app", &home.path(""), &mut command) };
        app.wait_ready(home);
        app
    }

    /// As [`App::start`], with every file that it or a child opens or syncs and every socket written to the file `trace`. The
    /// tracer steps aside, so that signals reach the app itself.
    #[track_caller]
    pub fn start_traced(home: &Home, trace: &Path) -> Self {
        home.be_no_newcomer();
        let mut command = home.command("strace");
        let traced = "trace=socket,open,openat,openat2,creat,fdatasync";
        command.args(["-D", "-f", "-y", "-qq", "-s", "512", "-e", traced, "-o"]).arg(trace);
        command.arg(programs::tawk_app());
        let mut app = Self { process: Process::start("tawk-app", &home.path(""), &mut command) };
        app.wait_ready(home);
        app
    }

    /// Waits until the app answers.
    #[track_caller]
    pub fn wait_ready(&mut self, home: &Home) {
        let end = Instant::now() + Duration::from_secs(60);
        while run(&mut tawk(home, &["status"])).code != 0 {
            assert!(self.process.runs(), "The app has ended. {}", self.process.last_words());
            assert!(Instant::now() < end, "The app does not answer. {}", self.process.last_words());
            crate::wait::pause(50);
        }
    }

    /// The process.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }

    /// Asks the app to end, as the system does at a logout, and gives its exit code.
    #[track_caller]
    pub fn terminate(&mut self) -> i32 {
        self.process.signal(Signal::SIGTERM);
        self.wait_end()
    }

    /// Waits for the app's end and gives its exit code.
    #[track_caller]
    pub fn wait_end(&mut self) -> i32 {
        code(wait_for("the end of the app", Duration::from_secs(30), || self.process.end(Duration::ZERO)))
    }
}

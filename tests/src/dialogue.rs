//! A helper program that answers one line of JSON for each line of JSON it is given.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{ChildStdin, Command};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::process::Process;
use crate::programs;

/// How long an answer may take: generous, for a loaded machine.
const BOUND: Duration = Duration::from_secs(20);

/// A Python program of `tests/desk` that is spoken with over its standard input and output.
pub(crate) struct Dialogue {
    process: Process,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Dialogue {
    /// Starts `tests/desk/SCRIPT` in the environment of `base`, and waits for its first line.
    #[track_caller]
    pub(crate) fn start(script: &str, arguments: &[&str], folder: &Path, base: &dyn Fn(&str) -> Command) -> Self {
        let name = script.trim_end_matches(".py");
        let mut command = base(programs::python());
        command.arg(programs::desk_file(script)).args(arguments);
        let (process, input, output) = Process::start_piped(name, folder, &mut command);
        let (sender, answers) = mpsc::channel();
        thread::Builder::new()
            .name(format!("{name} answers"))
            .spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        break;
                    }
                }
            })
            .expect("A thread can be started.");
        let dialogue = Self { process, input, answers };
        dialogue.answer();
        dialogue
    }

    /// Says `request` and gives the answer.
    #[track_caller]
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        let said = writeln!(self.input, "{request}").and_then(|()| self.input.flush());
        assert!(said.is_ok(), "It has ended. {}", self.process.last_words());
        self.answer()
    }

    #[track_caller]
    fn answer(&self) -> Value {
        match self.answers.recv_timeout(BOUND) {
            Ok(line) => serde_json::from_str(&line)
                .unwrap_or_else(|_| panic!("This is no JSON: {line}\n{}", self.process.last_words())),
            Err(_) => panic!("No answer came. {}", self.process.last_words()),
        }
    }
}

//! Tawk on the command line. Needs no display.
//!
//! A library, so that the app's program can serve as `tawk` too: the Mac bundle holds one program.
#![forbid(unsafe_code)]

mod autostart;
mod bench;
mod devices;
mod dictate;
mod doctor;
mod erase;
mod history;
mod models;
mod output;
mod recover;
mod remote;
mod transcribe;
mod type_text;
mod wer;

use std::ffi::OsString;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use tawk_app::{Models, Request};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_store::{Folders, SettingsFile};

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  a fault of Tawk itself, or not possible on this system
    2  the command is wrong
    3  a file is missing or is not what it should be
    4  no model, or a damaged one
    5  no microphone, or it is busy, was lost, or gave no voice
    6  the system withholds the microphone or typing
    7  no display, or the hotkey is taken
    8  a password field has the keyboard, or the focus moved
    9  a file or folder cannot be read or written
   10  the network or the server failed
   11  a setting cannot be used
   12  Tawk is running already, or is not running
  130  stopped on request

Every message is one sentence on standard error that says what to do next. With --json, results are JSON on
standard output, and their fields keep their names from version to version.";

/// Offline voice dictation: speech to text on this machine, and nowhere else.
#[derive(Parser)]
#[command(name = "tawk", version, max_term_width = 100, after_long_help = EXIT_CODES, after_help = "More with --help.")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Print the text that is spoken in audio files
    ///
    /// Reads WAV, FLAC, MP3, M4A, OGG, AIFF and CAF of any rate and number of channels. With several files, each text
    /// follows its file's name.
    Transcribe(Transcribe),
    /// Listen to the microphone and print what was said
    ///
    /// Ends at Enter, or after 2 s of silence that follow speech, or after 10 s without any speech.
    Dictate(Dictate),
    /// List the microphones
    ///
    /// The id in the first column is what --device and the setting microphone.priority take.
    Devices {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// List, download, import, check and remove models
    Models {
        #[command(subcommand)]
        action: ModelAction,
    },
    /// List, search, show, export, play and delete what was dictated, and recognise it again
    ///
    /// What Tawk remembers is chosen in the settings under [history]. Works whether the app runs or not.
    History {
        #[command(subcommand)]
        action: history::Action,
    },
    /// Examine everything that dictation needs, and say what to mend
    ///
    /// Exits with 0 when dictation can work, and with 1 when something is in its way.
    Doctor {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Type a text into the focused app, as a dictation would
    Type {
        /// The text; - reads it from standard input
        #[arg(allow_hyphen_values = true)]
        text: String,
        /// Wait this long first, in ms: time to click into the right window
        #[arg(long, value_name = "MS", default_value_t = 0)]
        after: u64,
    },
    /// Measure dictation on this machine: how long you wait after letting go, next to recognition after the fact
    Bench(bench::BenchArgs),
    /// List and recover dictations that were cut short when Tawk or the machine ended
    ///
    /// Without an id, lists them: the id, which is the time in UTC, the length and the file. With ids or --all, prints their
    /// texts and keeps each recording as a WAV file beside it.
    Recover(recover::RecoverArgs),
    /// Print whether the system starts Tawk at login, or switch that on or off
    Autostart {
        /// What to make of it
        switch: Option<autostart::Switch>,
    },
    /// Delete everything that Tawk has written: recordings, history, settings, logs, and the start at login
    ///
    /// Quits a running Tawk first, and says what was deleted and what could not be. Models stay unless --models is given.
    Erase {
        /// Delete the models as well
        #[arg(long)]
        models: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Start a dictation in the running app, or end it
    Toggle,
    /// Cancel the running app's dictation; its recording stays
    Cancel,
    /// Type the dictation after all that was cancelled last, into the app that has the focus
    Undo,
    /// Print what the running app is doing
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Open the running app's window
    Open,
    /// Quit the running app; what is being heard is kept
    Quit,
}

#[derive(Args)]
struct Transcribe {
    /// Audio files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// A model's id (see tawk models list) or a model file
    #[arg(long, value_name = "ID|FILE")]
    model: Option<String>,
    /// Print JSON: one object with the files' texts and segments
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Dictate {
    /// The microphone's id (see tawk devices) instead of the one in the settings
    #[arg(long, value_name = "ID")]
    device: Option<String>,
    /// A model's id (see tawk models list) or a model file
    #[arg(long, value_name = "ID|FILE")]
    model: Option<String>,
    /// Type the text into the app that has the focus at the end, besides printing it
    #[arg(long = "type")]
    types: bool,
}

#[derive(Subcommand)]
enum ModelAction {
    /// List the catalogue and what is installed
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Download a model; goes on where an earlier try stopped
    Fetch {
        /// Its id
        id: String,
    },
    /// Copy a model file into Tawk's folder
    Import {
        /// A ggml file for whisper.cpp
        file: PathBuf,
    },
    /// Check an installed model's size and checksum
    Verify {
        /// Its id
        id: String,
    },
    /// Delete an installed model
    Remove {
        /// Its id
        id: String,
    },
}

/// What all commands work with.
struct World {
    platform: Platform,
    folders: Folders,
}

impl World {
    fn settings(&self) -> SettingsFile {
        SettingsFile::open(self.folders.settings())
    }
}

/// Runs the command line `args` (the first is the program's name) and returns the exit code.
pub fn run<A, T>(args: A) -> ExitCode
where
    A: IntoIterator<Item = T>,
    T: Into<OsString> + Clone,
{
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            let _ = error.print();
            // --help and --version come this way too, with code 0.
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match perform(cli.command) {
        Ok(code) => code,
        Err(error) => {
            output::error(&error);
            ExitCode::from(error.kind.exit_code())
        }
    }
}

fn perform(command: Command) -> Result<ExitCode> {
    let world = World { platform: tawk_platform::native(), folders: Folders::find()? };
    match command {
        Command::Transcribe(args) => transcribe::run(&world, &args),
        Command::Dictate(args) => dictate::run(&world, args),
        Command::Devices { json } => devices::run(&world, json),
        Command::Models { action } => models::run(&world, action),
        Command::History { action } => history::run(&world, action),
        Command::Doctor { json } => doctor::run(&world, json),
        Command::Type { text, after } => type_text::run(&world, text, after),
        Command::Bench(args) => bench::run(&world, &args),
        Command::Recover(args) => recover::run(&world, &args),
        Command::Autostart { switch } => autostart::run(&world, switch),
        Command::Erase { models, yes } => erase::run(&world, if models { Models::Delete } else { Models::Keep }, yes),
        Command::Toggle => remote::run(&world, Request::Toggle, false),
        Command::Cancel => remote::run(&world, Request::Cancel, false),
        Command::Undo => remote::run(&world, Request::Undo, false),
        Command::Status { json } => remote::run(&world, Request::Status, json),
        Command::Open => remote::run(&world, Request::Open, false),
        Command::Quit => remote::run(&world, Request::Quit, false),
    }
}

/// For what cannot happen but must not panic.
fn internal(error: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Internal, format!("Something unforeseen went wrong: {error}. Please report it."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn the_help_names_every_exit_code() {
        for kind in ErrorKind::ALL {
            let code = kind.exit_code();
            assert!(
                EXIT_CODES.lines().any(|line| line.trim_start().starts_with(&format!("{code}  "))),
                "{code} of {kind:?} is not in --help"
            );
        }
    }
}

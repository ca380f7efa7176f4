//! `tawk history`

use std::fs::OpenOptions;
use std::io::{self, BufRead as _, BufWriter, IsTerminal as _, Write};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use tawk_app::{Request, Transcriptionist};
use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::History;
use tawk_store::history::{Format, Remembered, TYPED};
use tawk_whisper::WhisperTranscribers;

use crate::{World, output};

/// So much of a text stands in a list, in characters.
const LINE_CHARS: usize = 60;

#[derive(Subcommand)]
pub(crate) enum Action {
    /// List what was dictated, newest first
    List {
        #[command(flatten)]
        page: Page,
    },
    /// List what holds these words, each as a word or as a word's beginning
    Search {
        /// The words
        #[arg(required = true)]
        words: Vec<String>,
        #[command(flatten)]
        page: Page,
    },
    /// Print a dictation's whole text
    Show {
        /// Its number, as the list shows it
        id: i64,
        /// Print JSON, with all that is remembered of it
        #[arg(long)]
        json: bool,
    },
    /// Write everything out, oldest first
    Export {
        /// Write to this new file instead of standard output; only you can read it
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
        /// One JSON object a line instead of plain text
        #[arg(long)]
        json: bool,
    },
    /// Delete dictations with their recordings, for good
    Delete {
        /// Their numbers, as the list shows them
        #[arg(required_unless_present = "all", conflicts_with = "all", value_name = "ID")]
        ids: Vec<i64>,
        /// Delete everything
        #[arg(long)]
        all: bool,
        /// Do not ask
        #[arg(long)]
        yes: bool,
    },
    /// Play a dictation's recording to its end
    Play {
        /// Its number, as the list shows it
        id: i64,
    },
    /// Recognise a dictation's recording again and remember the new text; the first one stays beside it
    Retranscribe {
        /// Its number, as the list shows it
        id: i64,
        /// A model's id (see tawk models list) or a model file
        #[arg(long, value_name = "ID|FILE")]
        model: Option<String>,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Which part of a long list.
#[derive(Args)]
pub(crate) struct Page {
    /// So many at most
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
    limit: u32,
    /// Only those before this number
    #[arg(long, value_name = "ID")]
    before: Option<i64>,
    /// Print JSON, with all that is remembered of each
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(world: &World, action: Action) -> Result<ExitCode> {
    let history = History::new(&world.folders);
    let done = perform(world, &history, action);
    if let Some(notice) = history.notice() {
        output::error(&notice);
    }
    done.map(|()| ExitCode::SUCCESS)
}

fn perform(world: &World, history: &History, action: Action) -> Result<()> {
    match action {
        Action::List { page } => print(&history.list(page.before, page.limit)?, page.json),
        Action::Search { words, page } => print(&history.search(&words.join(" "), page.before, page.limit)?, page.json),
        Action::Show { id, json } => show(&history.show(id)?, json),
        Action::Export { to, json } => export(history, to.as_deref(), json),
        Action::Delete { ids, all, yes } => delete(world, history, &ids, all, yes),
        Action::Play { id } => {
            tawk_app::play(world.platform.loudspeakers.as_ref(), &history.recording_of(id)?, &AbortSwitch::default())
        }
        Action::Retranscribe { id, model, json } => retranscribe(world, history, id, model.as_deref(), json),
    }
}

fn print(found: &[Remembered], json: bool) -> Result<()> {
    if json {
        return output::json(&found);
    }
    for one in found {
        let fate = if one.dictation.fate == TYPED { String::new() } else { format!("({}) ", one.dictation.fate) };
        output::line(format!("{:>5}  {}  {fate}{}", one.id, one.local_time, short(&one.dictation.text)).trim_end());
    }
    Ok(())
}

/// The beginning of a text on one line.
fn short(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(LINE_CHARS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

fn show(one: &Remembered, json: bool) -> Result<()> {
    if json {
        return output::json(one);
    }
    output::line(&one.dictation.text);
    Ok(())
}

fn export(history: &History, to: Option<&Path>, json: bool) -> Result<()> {
    let format = if json { Format::JsonLines } else { Format::Text };
    let Some(path) = to else {
        // A reader that has seen enough is no error.
        let mut out = BufWriter::new(io::stdout().lock());
        return history.export(format, &mut Patient(&mut out)).map(drop);
    };
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(|error| {
        let (kind, next) = match error.kind() {
            io::ErrorKind::AlreadyExists => (ErrorKind::Usage, "It is there already: give another name."),
            _ => (ErrorKind::Storage, "Give another place."),
        };
        Error::new(kind, format!("{} cannot be written: {error}. {next}", path.display()))
    })?;
    let count = history.export(format, &mut BufWriter::new(file))?;
    output::note(&format!("{count} dictations are in {}.", path.display()));
    Ok(())
}

/// Takes a closed pipe for an open one.
struct Patient<W>(W);

impl<W: Write> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            other => other,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }
}

fn delete(world: &World, history: &History, ids: &[i64], all: bool, yes: bool) -> Result<()> {
    if !yes {
        let what = if all { "everything that was dictated".into() } else { format!("{} of the dictations", ids.len()) };
        confirm(&format!("Delete {what}, with the recordings, for good?"))?;
    }
    if all {
        let count = history.delete_all()?;
        output::note(&format!("{count} dictations are deleted."));
    } else {
        history.delete(ids)?;
    }
    tell_the_app(world);
    Ok(())
}

fn confirm(question: &str) -> Result<()> {
    if !io::stdin().is_terminal() {
        let message = "Nobody can be asked whether to delete. Add --yes to delete without a question.";
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let _ = write!(io::stderr(), "{question} [y/N] ");
    let _ = io::stderr().flush();
    let mut answer = String::new();
    let _ = io::stdin().lock().read_line(&mut answer);
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::new(ErrorKind::Aborted, "Nothing was deleted. Answer y to delete.")),
    }
}

fn retranscribe(world: &World, history: &History, id: i64, model: Option<&str>, json: bool) -> Result<()> {
    // Told before a model is loaded.
    history.recording_of(id)?;
    let file = world.settings();
    let transcribers = WhisperTranscribers::new();
    let mut transcriptionist =
        Transcriptionist::load(&world.folders, &transcribers, file.settings(), model, &mut |_| {})?;
    transcriptionist.recognise_again(history, id, &AbortSwitch::default())?;
    tell_the_app(world);
    show(&history.show(id)?, json)
}

/// So that its menu and its window show what is there. Without an app there is nobody to tell.
fn tell_the_app(world: &World) {
    let _ = tawk_app::send(&world.folders, Request::HistoryChanged);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_text_is_cut_and_a_line_break_is_a_space() {
        assert_eq!(short("one\ntwo  three"), "one two three");
        let cut = short(&"é ".repeat(100));
        assert!(cut.ends_with("é…") && cut.chars().count() <= LINE_CHARS + 1, "{cut}");
    }
}

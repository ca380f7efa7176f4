//! `tawk recover`: dictations that a crash has cut short.

use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;
use serde::Serialize;
use tawk_app::{Request, Transcriptionist};
use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, Result};
use tawk_store::{History, LeftBehind, Recordings, Unfinished};
use tawk_whisper::WhisperTranscribers;

use crate::{World, output};

#[derive(Args)]
pub(crate) struct RecoverArgs {
    /// Those to recover, as the list names them; none prints the list
    #[arg(value_name = "ID", conflicts_with = "all")]
    ids: Vec<String>,
    /// Recover all of them
    #[arg(long)]
    all: bool,
    /// Delete the recordings instead, also those that were recovered before
    #[arg(long)]
    discard: bool,
    /// A model's id (see tawk models list) or a model file
    #[arg(long, value_name = "ID|FILE", conflicts_with = "discard")]
    model: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Row {
    id: String,
    /// Milliseconds since 1970.
    started: u64,
    seconds: f64,
    /// About so much is missing or could not be read.
    unread_seconds: f64,
    microphone: String,
    app: String,
    file: String,
}

impl Row {
    fn of(found: &Unfinished) -> Self {
        let (microphone, app) = found
            .contents
            .header
            .as_ref()
            .map(|header| (header.microphone.clone(), header.app.clone()))
            .unwrap_or_default();
        Self {
            id: found.id.clone(),
            started: milliseconds(found.started),
            seconds: found.length().as_secs_f64(),
            unread_seconds: found.contents.unread().as_secs_f64(),
            microphone,
            app,
            file: found.path.display().to_string(),
        }
    }
}

#[derive(Serialize)]
struct Recovered {
    id: String,
    text: String,
    seconds: f64,
    unread_seconds: f64,
    file: String,
}

pub(crate) fn run(world: &World, args: &RecoverArgs) -> Result<ExitCode> {
    let recordings = Recordings::new(&world.folders);
    let done = match (args.ids.is_empty() && !args.all, args.discard) {
        (true, true) => {
            Err(Error::new(tawk_core::ErrorKind::Usage, "Say which recording to delete: its id, or --all."))
        }
        (true, false) => list(&recordings, args.json),
        (false, true) => discard(&recordings, args),
        (false, false) => recover(world, &recordings, args),
    };
    // A running app counts what is left.
    let _ = tawk_app::send(&world.folders, Request::Status);
    done
}

fn list(recordings: &Recordings, json: bool) -> Result<ExitCode> {
    let LeftBehind { unfinished, unreadable } = recordings.left_behind()?;
    if json {
        output::json(&unfinished.iter().map(Row::of).collect::<Vec<_>>())?;
    } else if unfinished.is_empty() && unreadable.is_empty() {
        output::note("There is nothing to recover: no dictation was cut short.");
    }
    for found in unfinished.iter().filter(|_| !json) {
        let shortfall = found.shortfall().map(|shortfall| format!("  {shortfall}")).unwrap_or_default();
        let seconds = found.length().as_secs_f64();
        output::line(&format!("{}  {seconds:7.1} s  {}{shortfall}", found.id, found.path.display()));
    }
    unreadable.iter().for_each(output::error);
    Ok(unreadable.first().map_or(ExitCode::SUCCESS, |error| ExitCode::from(error.kind.exit_code())))
}

fn discard(recordings: &Recordings, args: &RecoverArgs) -> Result<ExitCode> {
    if args.all {
        for found in recordings.unfinished()? {
            found.discard()?;
        }
    }
    for id in &args.ids {
        recordings.discard(id)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Each is tried. The exit code is that of the first that failed.
fn recover(world: &World, recordings: &Recordings, args: &RecoverArgs) -> Result<ExitCode> {
    let wanted: Vec<Result<Unfinished>> = if args.all {
        // The oldest first, as they were spoken.
        let LeftBehind { unfinished, unreadable } = recordings.left_behind()?;
        unfinished.into_iter().rev().map(Ok).chain(unreadable.into_iter().map(Err)).collect()
    } else {
        args.ids.iter().map(|id| recordings.find_unfinished(id)).collect()
    };
    let file = world.settings();
    let transcribers = WhisperTranscribers::new();
    let model = args.model.as_deref();
    let mut transcriptionist =
        Transcriptionist::load(&world.folders, &transcribers, file.settings(), model, &mut |_| {})?;
    let history = History::new(&world.folders);
    let abort = AbortSwitch::default();
    let (mut recovered, mut first_error) = (Vec::new(), None);
    for found in wanted {
        let result = found.and_then(|found| {
            let (id, journal) = (found.id.clone(), found.path.clone());
            let unread = (found.contents.unread(), found.shortfall());
            let done = transcriptionist.recover(found, &history, &abort);
            done.map(|(transcription, kept)| (id, journal, unread, transcription, kept))
        });
        match result {
            Ok((id, journal, (unread, shortfall), transcription, kept)) => {
                if !args.json {
                    output::line(&transcription.text);
                    if let Some(shortfall) = shortfall {
                        output::note(&format!("Dictation {id}: {shortfall}"));
                    }
                }
                // The text is what the user wants, also from a disk that takes nothing.
                let is_kept = kept.is_ok();
                let file = kept.unwrap_or_else(|error| {
                    output::error(&error);
                    first_error.get_or_insert(error);
                    journal
                });
                let file = file.display().to_string();
                if is_kept && !args.json {
                    output::note(&format!("The recording is kept: {file}. To delete it: tawk recover {id} --discard"));
                }
                recovered.push(Recovered {
                    id,
                    text: transcription.text,
                    seconds: transcription.length.as_secs_f64(),
                    unread_seconds: unread.as_secs_f64(),
                    file,
                });
            }
            Err(error) => {
                output::error(&error);
                first_error.get_or_insert(error);
            }
        }
    }
    if let Some(notice) = history.notice() {
        output::error(&notice);
    }
    // So that a running app shows it. Without one there is nobody to tell.
    let _ = tawk_app::send(&world.folders, Request::HistoryChanged);
    if args.json {
        output::json(&recovered)?;
    }
    Ok(first_error.map_or(ExitCode::SUCCESS, |error| ExitCode::from(error.kind.exit_code())))
}

fn milliseconds(at: SystemTime) -> u64 {
    u64::try_from(at.duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()).unwrap_or(u64::MAX)
}

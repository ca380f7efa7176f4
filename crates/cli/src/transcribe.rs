//! `tawk transcribe`

use std::process::ExitCode;

use serde::Serialize;
use tawk_app::{TranscribedSegment, Transcriptionist};
use tawk_core::recognition::{AbortSwitch, Withheld, WithheldReason};
use tawk_core::{Error, Result};
use tawk_whisper::WhisperTranscribers;

use crate::{Transcribe, World, output};

#[derive(Serialize)]
struct Answer {
    model: String,
    files: Vec<FileAnswer>,
}

#[derive(Serialize)]
struct FileAnswer {
    file: String,
    text: Option<String>,
    seconds: Option<f64>,
    segments: Vec<SegmentAnswer>,
    error: Option<ErrorAnswer>,
}

#[derive(Serialize)]
struct SegmentAnswer {
    start: f64,
    end: f64,
    text: String,
    /// What was recognised though nobody said it; not part of the text.
    withheld: Vec<Withheld>,
}

#[derive(Serialize)]
struct ErrorAnswer {
    code: &'static str,
    message: String,
}

/// Every file is tried. The exit code is that of the first that failed.
pub(crate) fn run(world: &World, args: &Transcribe) -> Result<ExitCode> {
    world.folders.create()?;
    let file = world.settings();
    let transcribers = WhisperTranscribers::new();
    let model = args.model.as_deref();
    let mut transcriptionist =
        Transcriptionist::load(&world.folders, &transcribers, file.settings(), model, &mut |_| {})?;
    if transcriptionist.is_demo() && model.is_none() {
        output::note(
            "tawk: only the demo model is installed; it knows 356 words. Get a real one: tawk models fetch base.en-q5_1",
        );
    }
    let abort = AbortSwitch::default();
    let mut answer = Answer { model: transcriptionist.model().to_owned(), files: Vec::new() };
    let mut first_error: Option<Error> = None;
    for path in &args.files {
        let name = path.display().to_string();
        match transcriptionist.transcribe(path, &abort) {
            Ok(transcription) => {
                note_withheld(&name, &transcription.segments);
                if !args.json && args.files.len() > 1 {
                    output::line(&format!("{name}: {}", transcription.text));
                } else if !args.json {
                    output::line(&transcription.text);
                }
                answer.files.push(FileAnswer {
                    file: name,
                    text: Some(transcription.text),
                    seconds: Some(transcription.length.as_secs_f64()),
                    segments: transcription
                        .segments
                        .into_iter()
                        .map(|segment| SegmentAnswer {
                            start: segment.start.as_secs_f64(),
                            end: segment.end.as_secs_f64(),
                            text: segment.text,
                            withheld: segment.withheld,
                        })
                        .collect(),
                    error: None,
                });
            }
            Err(error) => {
                output::error(&error);
                let told = ErrorAnswer { code: error.kind.code(), message: error.message.clone() };
                let (text, seconds, segments) = (None, None, Vec::new());
                answer.files.push(FileAnswer { file: name, text, seconds, segments, error: Some(told) });
                first_error.get_or_insert(error);
            }
        }
    }
    if args.json {
        output::json(&answer)?;
    }
    Ok(first_error.map_or(ExitCode::SUCCESS, |error| ExitCode::from(error.kind.exit_code())))
}

/// Tells on stderr what the model wrote though nobody said it.
fn note_withheld(file: &str, segments: &[TranscribedSegment]) {
    for segment in segments {
        for part in &segment.withheld {
            let why = match part.reason {
                WithheldReason::KnownPhrase => "a phrase that Whisper invents where nobody speaks",
                WithheldReason::Prompt => "the vocabulary, told again where nobody speaks",
                WithheldReason::NoSpeech => "the model heard no speech",
                WithheldReason::SteadyNoise => "the sound is a steady noise",
                WithheldReason::Repetition => "repeated more often than anybody can say it",
            };
            let at = segment.start.as_secs_f64();
            output::note(&format!("tawk: {file}: withheld at {at:.1} s, {why}: {}", part.text));
        }
    }
}

//! Recovering what a crash has cut short: on a thread of its own, `recovery`, with the recogniser that dictations use.
//!
//! What was recognised before the crash is not recognised again. The text goes where Copy Last Text finds it and into the
//! history, and is never typed: nobody knows any more where it belongs.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crossbeam_channel::{Sender, bounded};
use tawk_core::microphone::{ChannelChoice, StreamFormat};
use tawk_core::recognition::{AbortSwitch, Recognition};
use tawk_core::session::KeepReason;
use tawk_core::settings::Settings;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_store::history::{Dictation, RECOVERED};
use tawk_store::journal::Contents;
use tawk_store::{History, LeftBehind, Recordings, Unfinished};

use crate::history::withheld_texts;
use crate::message::Message;
use crate::recogniser::Job;
use crate::shared::{Shared, locked};
use crate::transcribe::{Transcription, transcribe_segments};

/// How a recovery goes on.
pub(crate) enum Recovery {
    /// It has begun, or there is nothing to do.
    Notice(String),
    /// The text; empty when nothing was said.
    Done { text: String, notice: String },
    /// The recording stays as it is.
    Failed(Error),
}

/// Recovers the newest dictation that was cut short, unless a recovery is under way.
pub(crate) fn start(shared: &Arc<Shared>, jobs: Sender<Job>) {
    let abort = AbortSwitch::default();
    let mut slot = locked(&shared.recovering);
    if slot.is_some() {
        return;
    }
    *slot = Some(abort.clone());
    drop(slot);
    let theirs = Arc::clone(shared);
    let spawned = thread::Builder::new().name("recovery".into()).spawn(move || {
        let recordings = Recordings::new(&theirs.folders);
        let news = recover(&theirs, &recordings, &jobs, &abort).unwrap_or_else(Recovery::Failed);
        *locked(&theirs.recovering) = None;
        if let Ok(count) = recordings.count_unfinished() {
            theirs.send(Message::Recoverable(count));
        }
        theirs.send(Message::Recovery(news));
    });
    if spawned.is_err() {
        *locked(&shared.recovering) = None;
        let error =
            Error::new(ErrorKind::Internal, "A thread could not be started. Close other programs and try again.");
        shared.send(Message::Recovery(Recovery::Failed(error)));
    }
}

/// Stops the recovery under way, if any; its recording stays as it was.
pub(crate) fn abort(shared: &Shared) {
    if let Some(abort) = locked(&shared.recovering).as_ref() {
        abort.abort();
    }
}

fn recover(shared: &Shared, recordings: &Recordings, jobs: &Sender<Job>, abort: &AbortSwitch) -> Result<Recovery> {
    let LeftBehind { unfinished, unreadable } = recordings.left_behind()?;
    let Some(found) = unfinished.into_iter().next() else {
        let nothing = || Recovery::Notice("There is no dictation to recover.".into());
        return Ok(unreadable.into_iter().next().map_or_else(nothing, Recovery::Failed));
    };
    let shortfall = found.shortfall();
    let length = seconds(found.length());
    shared.send(Message::Recovery(Recovery::Notice(format!("Recovering a dictation of {length}…"))));
    let settings = shared.settings();
    let mut recognise = |samples: &[f32], prompt: String| {
        let (answer, answered) = bounded(1);
        let _ = jobs.send(Job::Recover { samples: samples.to_vec(), prompt, abort: abort.clone(), answer });
        answered.recv().unwrap_or_else(|_| Err(Error::new(ErrorKind::Aborted, "Tawk is ending. Try again.")))
    };
    let vocabulary = &settings.dictation.vocabulary;
    let transcription = transcribe_contents(&found.contents, settings.language(), vocabulary, &mut recognise)?;
    tracing::info!(id = %found.id, characters = transcription.text.chars().count(), "dictation recovered");
    let history = History::new(&shared.folders);
    let model = locked(&shared.status).model.clone();
    let kept = keep(found, &transcription, &history, &settings, &model);
    shared.listener.history_changed();
    // The text is what the user wants; without a place in the history or on the disk the journal stays.
    for error in kept.err().into_iter().chain(history.notice()) {
        shared.send(Message::Report(error));
    }
    let text = transcription.text;
    let notice = told(text.is_empty(), &length, shortfall.as_deref());
    Ok(Recovery::Done { text, notice })
}

/// What the user is told of a dictation that was recovered. `shortfall` says what could not be read of it.
fn told(is_empty: bool, length: &str, shortfall: Option<&str>) -> String {
    let notice = if is_empty {
        format!("No words were found in the dictation of {length}; its recording is kept.")
    } else {
        format!("The dictation of {length} is recovered: choose Copy Last Text.")
    };
    match shortfall {
        Some(shortfall) => format!("{notice} {shortfall}"),
        None => notice,
    }
}

/// Puts a recovered dictation into the history, if there is one, and keeps its recording under the name that fits its text.
/// A crash in between leaves the journal, and recovering it again adds nothing twice.
///
/// # Errors
/// `Storage`; the journal then stays.
pub(crate) fn keep(
    found: Unfinished,
    transcription: &Transcription,
    history: &History,
    settings: &Settings,
    model: &str,
) -> Result<PathBuf> {
    let reason = if transcription.text.is_empty() { KeepReason::NothingHeard } else { KeepReason::Held };
    if settings.history.enabled {
        let started = found.started.duration_since(UNIX_EPOCH).unwrap_or_default();
        let header = found.contents.header.clone();
        let (microphone, app) = header.map(|header| (header.microphone, header.app)).unwrap_or_default();
        let withheld = transcription.segments.iter().flat_map(|segment| segment.withheld.iter().cloned());
        let dictation = Dictation {
            at_ms: i64::try_from(started.as_millis()).unwrap_or(i64::MAX),
            text: transcription.text.clone(),
            withheld: withheld_texts(withheld),
            fate: RECOVERED.into(),
            app,
            microphone,
            model: model.to_owned(),
            language: settings.dictation.language.clone(),
            length_ms: u64::try_from(found.length().as_millis()).unwrap_or(u64::MAX),
            audio: Some(found.kept_path(reason)),
            ..Dictation::default()
        };
        history.add_recovered(&dictation, SystemTime::now())?;
    }
    found.keep(reason)
}

/// The text of a journal. Segments that were recognised when they were spoken are not recognised again.
pub(crate) fn transcribe_contents(
    contents: &Contents,
    language: Option<&str>,
    vocabulary: &str,
    recognise: &mut dyn FnMut(&[f32], String) -> Result<Recognition>,
) -> Result<Transcription> {
    let format = StreamFormat { rate: SAMPLE_RATE, channels: 1 };
    let clip = tawk_audio::Clip { samples: contents.sound(), format };
    let segments = tawk_audio::segments_of(&clip, ChannelChoice::default())?;
    let mut recognise =
        |segment: &tawk_audio::Segment, prompt: String| match contents.text_of(segment.start, segment.voiced_until) {
            Some(text) => Ok(Recognition { text: text.to_owned(), ..Recognition::default() }),
            None => recognise(&segment.samples, prompt),
        };
    let (text, segments) = transcribe_segments(segments, language, vocabulary, &mut recognise)?;
    Ok(Transcription { text, length: contents.length(), segments })
}

fn seconds(length: Duration) -> String {
    match length.as_secs() {
        0 | 1 => "a second".into(),
        seconds @ 2..120 => format!("{seconds} seconds"),
        seconds => format!("{} minutes", seconds / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_store::journal::RecognisedText;

    fn demo(number: u32) -> Vec<f32> {
        let file = format!("{}/../../tests/audio/demo/{number:02}.flac", env!("CARGO_MANIFEST_DIR"));
        let clip = tawk_audio::decode_file(file.as_ref()).unwrap();
        tawk_audio::mono_16k(&clip, ChannelChoice::default()).unwrap()
    }

    fn contents() -> Contents {
        let mut samples = Vec::new();
        for number in 0..3 {
            samples.extend(demo(number));
            samples.resize(samples.len() + 40_000, 0.0);
        }
        let samples = samples.iter().map(|sample| (sample * 32_767.0) as i16).collect();
        Contents { samples, ..Contents::default() }
    }

    #[test]
    fn only_what_has_no_text_yet_is_recognised() {
        let mut contents = contents();
        let mut heard = Vec::new();
        let mut recognise = |samples: &[f32], _| {
            heard.push(samples.len());
            Ok(Recognition { text: format!("Part {}.", heard.len()), ..Recognition::default() })
        };
        let all = transcribe_contents(&contents, Some("en"), "", &mut recognise).unwrap();
        assert_eq!((all.text.as_str(), heard.len()), ("Part 1. Part 2. Part 3.", 3));

        let format = StreamFormat { rate: SAMPLE_RATE, channels: 1 };
        let clip = tawk_audio::Clip { samples: contents.sound(), format };
        let segments = tawk_audio::segments_of(&clip, ChannelChoice::default()).unwrap();
        for segment in &segments[..2] {
            let text = format!("Known {}.", contents.texts.len() + 1);
            contents.texts.push(RecognisedText { start: segment.start, until: segment.voiced_until, text });
        }
        // One that belongs to a segment which the damage has changed.
        contents.texts.push(RecognisedText { start: 5, until: segments[2].voiced_until, text: "Stale.".into() });
        let mut prompts = Vec::new();
        let mut recognise = |_: &[f32], prompt: String| {
            prompts.push(prompt);
            Ok(Recognition { text: "New.".into(), ..Recognition::default() })
        };
        let some = transcribe_contents(&contents, Some("en"), "Tawk", &mut recognise).unwrap();
        assert_eq!(some.text, "Known 1. Known 2. New.");
        assert_eq!(prompts, ["Tawk Known 1. Known 2."]);
    }

    #[test]
    fn what_could_not_be_read_is_told() {
        let shortfall = Some("1.2 s of it could not be read.");
        assert_eq!(
            told(false, "9 seconds", shortfall),
            "The dictation of 9 seconds is recovered: choose Copy Last Text. 1.2 s of it could not be read."
        );
        assert!(told(true, "9 seconds", shortfall).ends_with("is kept. 1.2 s of it could not be read."));
        assert!(told(false, "9 seconds", None).ends_with("Copy Last Text."));
    }

    #[test]
    fn lengths_are_words() {
        for (ms, words) in [(300, "a second"), (2_400, "2 seconds"), (90_000, "90 seconds"), (130_000, "2 minutes")] {
            assert_eq!(seconds(Duration::from_millis(ms)), words);
        }
    }
}

//! Files to text, on the same way as live speech: channels, resampling, segments, recogniser, joining.

use std::path::{Path, PathBuf};
use std::time::Duration;

use tawk_audio::Segment;
use tawk_core::microphone::ChannelChoice;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest, Withheld};
use tawk_core::settings::Settings;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE, text};
use tawk_store::{Folders, History, ModelFolder, Unfinished};
use tawk_whisper::default_encoder_window;

use crate::hearing::hear;
use crate::recovery;

/// A file's text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcription {
    /// The whole text; empty when nothing was said.
    pub text: String,
    /// The recording's length.
    pub length: Duration,
    /// The segments that were recognised, in order.
    pub segments: Vec<TranscribedSegment>,
}

/// A piece of a transcription.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TranscribedSegment {
    /// Where it begins.
    pub start: Duration,
    /// Where it ends.
    pub end: Duration,
    /// Its text.
    pub text: String,
    /// What was recognised in it though nobody said it; not part of the text.
    pub withheld: Vec<Withheld>,
}

/// A loaded model that transcribes files.
pub struct Transcriptionist {
    transcriber: Box<dyn Transcriber>,
    is_demo: bool,
    settings: Settings,
    model: String,
}

impl Transcriptionist {
    /// Loads `model` (an id, a path, or the one that the settings name).
    ///
    /// # Errors
    /// `NoModel`, `NotFound`, `BadModel`.
    pub fn load(
        folders: &Folders,
        transcribers: &dyn Transcribers,
        settings: &Settings,
        model: Option<&str>,
        progress: &mut dyn FnMut(f32),
    ) -> Result<Self> {
        let choice = model.unwrap_or(&settings.recognition.model);
        let path = ModelFolder::new(folders).find_for(choice, settings.language())?;
        Ok(Self {
            transcriber: transcribers.load(&path, progress)?,
            is_demo: tawk_store::is_demo_file(&path),
            settings: settings.clone(),
            model: tawk_store::id_of(&path),
        })
    }

    /// The id of the loaded model.
    pub fn model(&self) -> &str {
        &self.model
    }

    /// Whether the model knows only the demo vocabulary.
    pub fn is_demo(&self) -> bool {
        self.is_demo
    }

    /// Transcribes a file of any known audio format.
    ///
    /// # Errors
    /// `NotFound` and `BadInput` for the file, `Aborted`.
    pub fn transcribe(&mut self, path: &Path, abort: &AbortSwitch) -> Result<Transcription> {
        let clip = tawk_audio::decode_file(path)?;
        let length = clip.duration();
        let language = self.language();
        let segments = tawk_audio::segments_of(&clip, ChannelChoice::default())?;
        let vocabulary = self.settings.dictation.vocabulary.clone();
        let mut recognise = |segment: &Segment, prompt| self.recognise(&segment.samples, prompt, abort);
        let (text, segments) = transcribe_segments(segments, language.as_deref(), &vocabulary, &mut recognise)?;
        Ok(Transcription { text, length, segments })
    }

    /// Recognises a remembered dictation's recording again; the first text stays beside the new one.
    ///
    /// # Errors
    /// `NotFound` when there is no recording, `Aborted`, what recognition reports, `NothingHeard` when no words were recognised,
    /// `Storage`. Then the text is as it was.
    pub fn recognise_again(&mut self, history: &History, dictation: i64, abort: &AbortSwitch) -> Result<()> {
        let audio = history.recording_of(dictation)?;
        let text = self.transcribe(&audio, abort)?.text;
        if text.is_empty() {
            let message = "No words were recognised in the recording; the text is as it was. Try another model.";
            return Err(Error::new(ErrorKind::NothingHeard, message));
        }
        history.set_text(dictation, &text, &self.model)
    }

    /// Transcribes what is left of a dictation that was cut short, puts it into the history if the settings want one, and
    /// keeps its recording as a WAV file. Returns where that is, too; or `Storage` when the disk takes it not, for instance
    /// because it is full. Then it stays as it was.
    ///
    /// # Errors
    /// `Aborted`, what recognition reports. Then it stays as it was, too.
    pub fn recover(
        &mut self,
        found: Unfinished,
        history: &History,
        abort: &AbortSwitch,
    ) -> Result<(Transcription, Result<PathBuf>)> {
        let language = self.language();
        let vocabulary = self.settings.dictation.vocabulary.clone();
        let mut recognise = |samples: &[f32], prompt| self.recognise(samples, prompt, abort);
        let transcription =
            recovery::transcribe_contents(&found.contents, language.as_deref(), &vocabulary, &mut recognise)?;
        let kept = recovery::keep(found, &transcription, history, &self.settings, &self.model);
        Ok((transcription, kept))
    }

    /// The language of the text, if it is known.
    fn language(&self) -> Option<String> {
        if self.is_demo { Some("en".into()) } else { self.settings.language().map(str::to_owned) }
    }

    fn recognise(&mut self, samples: &[f32], prompt: String, abort: &AbortSwitch) -> Result<Recognition> {
        let request = RecognitionRequest {
            language: self.language(),
            prompt: if self.is_demo { String::new() } else { prompt },
            encoder_window: Some(default_encoder_window(samples.len())),
        };
        hear(self.transcriber.as_mut(), samples, &request, abort)
    }
}

/// Recognises segments in order, each with the vocabulary and the text so far as its prompt, and joins their texts.
pub(crate) fn transcribe_segments(
    segments: Vec<Segment>,
    language: Option<&str>,
    vocabulary: &str,
    recognise: &mut dyn FnMut(&Segment, String) -> Result<Recognition>,
) -> Result<(String, Vec<TranscribedSegment>)> {
    let mut texts: Vec<String> = Vec::new();
    let mut transcribed = Vec::new();
    for segment in segments {
        let so_far = text::join(&texts, language);
        let heard = recognise(&segment, text::prompt(vocabulary, &so_far))?;
        transcribed.push(TranscribedSegment {
            start: time(segment.start),
            end: time(segment.end()),
            text: heard.text.clone(),
            withheld: heard.withheld,
        });
        texts.push(heard.text);
    }
    Ok((text::join(&texts, language), transcribed))
}

fn time(sample: u64) -> Duration {
    Duration::from_secs_f64(sample as f64 / f64::from(SAMPLE_RATE))
}

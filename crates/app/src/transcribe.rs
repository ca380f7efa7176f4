//! Files to text, on the same way as live speech: channels, resampling, segments, recogniser, joining.

use std::path::Path;
use std::time::Duration;

use tawk_core::microphone::ChannelChoice;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, RecognitionRequest, Withheld};
use tawk_core::settings::Settings;
use tawk_core::{Result, SAMPLE_RATE, text};
use tawk_store::{Folders, ModelFolder};
use tawk_whisper::default_encoder_window;

use crate::hearing::hear;

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
        let language = if self.is_demo { Some("en") } else { self.settings.language() };
        let mut texts: Vec<String> = Vec::new();
        let mut segments = Vec::new();
        for segment in tawk_audio::segments_of(&clip, ChannelChoice::default())? {
            let so_far = text::join(&texts, language);
            let vocabulary = &self.settings.dictation.vocabulary;
            let request = RecognitionRequest {
                language: language.map(str::to_owned),
                prompt: if self.is_demo { String::new() } else { text::prompt(vocabulary, &so_far) },
                encoder_window: Some(default_encoder_window(segment.samples.len())),
            };
            let heard = hear(self.transcriber.as_mut(), &segment.samples, &request, abort)?;
            segments.push(TranscribedSegment {
                start: time(segment.start),
                end: time(segment.end()),
                text: heard.text.clone(),
                withheld: heard.withheld,
            });
            texts.push(heard.text);
        }
        Ok(Transcription { text: text::join(&texts, language), length, segments })
    }
}

fn time(sample: u64) -> Duration {
    Duration::from_secs_f64(sample as f64 / f64::from(SAMPLE_RATE))
}

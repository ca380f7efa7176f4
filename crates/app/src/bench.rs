//! Measures dictation on a machine of memory: the real threads, segmenter and recogniser, a microphone that plays a
//! clip in real time, and a typist that only writes down.

use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_audio::{Segmenter, SegmenterConfig};
use tawk_core::hotkey::Hotkey;
use tawk_core::microphone::StreamFormat;
use tawk_core::ports::Transcribers;
use tawk_core::recognition::{AbortSwitch, RecognitionRequest};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::{Folders, ModelFolder};
use tawk_whisper::default_encoder_window;

use crate::engine::{Engine, Options};
use crate::status::{Listener, Status};
use crate::timing::Timing;

/// How long a dictation may take after the release, on a slow machine with a large model.
const PATIENCE: Duration = Duration::from_secs(600);

/// How a bench is set up.
#[derive(Clone, Debug)]
pub struct BenchOptions {
    /// A model's id or path; `None` for the one in the settings.
    pub model: Option<String>,
}

/// Dictates clips and measures.
pub struct Bench {
    engine: Engine,
    machine: FakeHandles,
    timings: Receiver<Timing>,
    hotkey: Hotkey,
    _home: tempfile::TempDir,
}

struct Ear(Sender<Timing>);

impl Listener for Ear {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {}
    fn timed(&self, timing: &Timing) {
        let _ = self.0.send(*timing);
    }
}

impl Bench {
    /// Starts an engine of its own, with the models of `folders` and nothing else of theirs, and warms the model.
    ///
    /// # Errors
    /// What starting an engine or loading the model gives.
    pub fn start(folders: &Folders, transcribers: Arc<dyn Transcribers>, options: &BenchOptions) -> Result<Self> {
        let home = tempfile::tempdir().map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                format!("No temporary folder can be made ({error}). Make room and try again."),
            )
        })?;
        let mut own = Folders::under(home.path());
        own.models.clone_from(&folders.models);
        let (platform, machine) = Fake::new();
        machine.microphones.connect(DEFAULT_ID, "Bench", StreamFormat { rate: SAMPLE_RATE, channels: 1 });
        machine.microphones.set_default(DEFAULT_ID);
        let (told, timings) = unbounded();
        let engine = crate::engine::start(Options {
            platform,
            folders: own,
            transcribers,
            listener: Arc::new(Ear(told)),
            is_app: true,
            microphone: None,
            model: options.model.clone(),
        })?;
        engine.handle().set("recognition.keep_loaded_minutes", &0.into())?;
        let hotkey = engine.handle().settings().hotkey();
        Ok(Self { engine, machine, timings, hotkey, _home: home })
    }

    /// Whether speech is recognised ahead when the voice falls silent, from the next dictation on. True at first.
    ///
    /// # Errors
    /// `Storage`.
    pub fn set_ahead(&self, ahead: bool) -> Result<()> {
        self.engine.handle().set("recognition.ahead", &ahead.into())
    }

    /// Speaks `samples` (16 kHz mono) in real time with the key held, and lets go `release_after` their end. The
    /// text is typed nowhere.
    ///
    /// # Errors
    /// What the dictation ran into.
    pub fn dictate(&self, samples: &[f32], release_after: Duration) -> Result<(Timing, String)> {
        self.machine.typists.clear();
        self.machine.microphones.play_on_open(DEFAULT_ID, Some(samples.to_vec()));
        let opened = self.machine.microphones.times_opened();
        let began = Instant::now();
        self.machine.hotkeys.press(&self.hotkey);
        while self.machine.microphones.times_opened() == opened && began.elapsed() < PATIENCE {
            thread::sleep(Duration::from_micros(200));
        }
        let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(SAMPLE_RATE));
        thread::sleep(length + release_after);
        self.machine.hotkeys.release(&self.hotkey);
        let timing = self.timings.recv_timeout(PATIENCE).map_err(|_| {
            Error::new(ErrorKind::Internal, "The dictation did not come to an end. Try a smaller model.")
        })?;
        if let Some(trouble) = self.engine.handle().status().trouble {
            let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == trouble.code);
            return Err(Error::new(kind.unwrap_or(ErrorKind::Internal), trouble.message));
        }
        Ok((timing, self.machine.typists.text()))
    }
}

/// `samples` up to the end of the last word, as the segmenter hears it.
pub fn until_last_word(samples: &[f32]) -> &[f32] {
    let mut segmenter = Segmenter::new(SegmenterConfig::default());
    let mut segments = Vec::new();
    segmenter.push(samples, &mut segments);
    let last = segmenter.finish().or(segments.pop());
    let end = last.map_or(samples.len(), |segment| segment.voiced_until as usize);
    samples.get(..end).unwrap_or(samples)
}

/// What recognition takes when it only begins at the release.
pub struct Batch {
    transcriber: Box<dyn tawk_core::ports::Transcriber>,
    language: Option<String>,
}

impl Batch {
    /// Loads a model.
    ///
    /// # Errors
    /// As [`Transcribers::load`].
    pub fn load(folders: &Folders, transcribers: &dyn Transcribers, model: &str) -> Result<Self> {
        let path = ModelFolder::new(folders).find(model)?;
        let language = tawk_store::is_demo_file(Path::new(&path)).then(|| "en".to_owned());
        Ok(Self { transcriber: transcribers.load(&path, &mut |_| {})?, language })
    }

    /// Recognises all of `samples` at once, with the encoder's full window or one sized to the clip. Returns
    /// how long it took, and the text.
    ///
    /// # Errors
    /// What recognition gives.
    pub fn recognise(&mut self, samples: &[f32], full_window: bool) -> Result<(Duration, String)> {
        let request = RecognitionRequest {
            language: self.language.clone(),
            prompt: String::new(),
            encoder_window: (!full_window).then(|| default_encoder_window(samples.len())),
        };
        let began = Instant::now();
        let text = self.transcriber.transcribe(samples, &request, &AbortSwitch::default())?.text;
        Ok((began.elapsed(), text))
    }
}

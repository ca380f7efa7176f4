//! The `recogniser` thread: owns the model.
//!
//! It works on one segment at a time and is never killed. It is aborted through a switch, and counts as busy until it
//! answers.

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::session::{Event, UtteranceId};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_store::journal::RecognisedText;
use tawk_whisper::default_encoder_window;

use crate::hearing::hear;
use crate::journal::Entry;
use crate::message::Message;
use crate::shared::Shared;

/// Asked of the recogniser.
pub(crate) enum Job {
    /// Have the model ready.
    Warm,
    /// Recognise a segment.
    /// In `span`, where in the recording the segment begins and its voice ends.
    Recognise {
        utterance: UtteranceId,
        index: u32,
        span: (u64, u64),
        samples: Arc<Vec<f32>>,
        prompt: String,
        abort: AbortSwitch,
    },
    /// Recognise a segment of an old recording.
    Recover { samples: Vec<f32>, prompt: String, abort: AbortSwitch, answer: Sender<Result<Recognition>> },
}

/// How long a run that was aborted is waited for at the end: an abort takes effect when an encode is over.
pub(crate) const END_BOUND: Duration = Duration::from_secs(5);

/// The running recogniser thread. Dropping it waits for the run that is under way, which must have been aborted: a
/// process that ends while whisper.cpp computes takes its threads' memory away from under them.
pub(crate) struct Recogniser {
    jobs: Option<Sender<Job>>,
    thread: JoinHandle<()>,
}

impl Drop for Recogniser {
    fn drop(&mut self) {
        self.jobs = None;
        let bound = Instant::now() + END_BOUND;
        while !self.thread.is_finished() && Instant::now() < bound {
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Recogniser {
    pub(crate) fn start(
        shared: Arc<Shared>,
        transcribers: Arc<dyn Transcribers>,
        session: Sender<Message>,
        journal: Sender<Entry>,
    ) -> Result<Self> {
        let (jobs, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("recogniser".into())
            .spawn(move || Loop { shared, transcribers, session, journal, loaded: None }.run(&inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { jobs: Some(jobs), thread })
    }

    /// For whoever recognises besides dictations. The thread lasts until this is dropped, too.
    pub(crate) fn jobs(&self) -> Sender<Job> {
        self.jobs.clone().unwrap_or_else(|| unbounded().0)
    }

    pub(crate) fn send(&self, job: Job) {
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

struct Loaded {
    /// The model and the language that the settings named.
    choice: (String, Option<String>),
    path: PathBuf,
    is_demo: bool,
    transcriber: Box<dyn Transcriber>,
}

struct Loop {
    shared: Arc<Shared>,
    transcribers: Arc<dyn Transcribers>,
    session: Sender<Message>,
    journal: Sender<Entry>,
    loaded: Option<Loaded>,
}

impl Loop {
    fn run(mut self, inbox: &Receiver<Job>) {
        loop {
            let minutes = self.shared.settings().recognition.keep_loaded_minutes;
            let job = if self.loaded.is_some() && minutes > 0 {
                match inbox.recv_timeout(Duration::from_secs(60 * u64::from(minutes))) {
                    Ok(job) => job,
                    Err(RecvTimeoutError::Timeout) => {
                        tracing::info!(minutes, "model unloaded: not used for a while");
                        self.loaded = None;
                        continue;
                    }
                    Err(RecvTimeoutError::Disconnected) => return,
                }
            } else {
                match inbox.recv() {
                    Ok(job) => job,
                    Err(_) => return,
                }
            };
            match job {
                // What goes wrong here is told when the first segment needs the model.
                Job::Warm => {
                    let _ = self.warm();
                }
                Job::Recognise { utterance, index, span, samples, prompt, abort } => {
                    let result = self.recognise(&samples, prompt, &abort);
                    tracing::debug!(%utterance, index, ok = result.is_ok(), "segment over");
                    let result = result.map(|recognised| {
                        let ((start, until), text) = (span, recognised.text.clone());
                        let _ = self.journal.send(Entry::Text(utterance, RecognisedText { start, until, text }));
                        if !recognised.withheld.is_empty() {
                            let parts = recognised.withheld;
                            let _ = self.session.send(Message::Withheld { utterance, index, parts });
                        }
                        recognised.text
                    });
                    let result = result.map_err(|error| self.with_recording(error));
                    let _ = self.session.send(Message::Event(Event::Recognised { utterance, index, result }));
                }
                Job::Recover { samples, prompt, abort, answer } => {
                    let _ = answer.send(self.recognise(&samples, prompt, &abort));
                }
            }
        }
    }

    /// `error` with the place where the recording is: the session keeps it when a segment cannot be recognised.
    fn with_recording(&self, error: Error) -> Error {
        if error.kind == ErrorKind::Aborted {
            return error;
        }
        let folder = self.shared.folders.recordings.display();
        Error::new(error.kind, format!("{} The recording is kept in {folder}.", error.message))
    }

    fn recognise(&mut self, samples: &[f32], prompt: String, abort: &AbortSwitch) -> Result<Recognition> {
        let run = AssertUnwindSafe(|| self.transcribe(samples, prompt, abort));
        panic::catch_unwind(run).unwrap_or_else(|_| {
            // A recogniser that never answers would stop every later dictation too.
            self.loaded = None;
            Err(Error::new(ErrorKind::Internal, "The recogniser broke down. Try again."))
        })
    }

    fn transcribe(&mut self, samples: &[f32], prompt: String, abort: &AbortSwitch) -> Result<Recognition> {
        let language = self.shared.settings().language().map(str::to_owned);
        if self.loaded.is_none() {
            self.warm()?;
        }
        let Some(Loaded { transcriber, is_demo, .. }) = &mut self.loaded else {
            return Err(Error::new(ErrorKind::Internal, "The model was not loaded. Try again."));
        };
        let is_demo = *is_demo;
        let request = RecognitionRequest {
            // The demo model was trained without prompts and its language is English.
            language: if is_demo { Some("en".into()) } else { language },
            prompt: if is_demo { String::new() } else { prompt },
            encoder_window: Some(default_encoder_window(samples.len())),
        };
        let began = Instant::now();
        let result = hear(transcriber.as_mut(), samples, &request, abort);
        let heard = result.as_ref().ok();
        tracing::info!(
            audio_ms = samples.len() * 1000 / SAMPLE_RATE as usize,
            took_ms = began.elapsed().as_millis(),
            ok = heard.is_some(),
            runs = heard.map(|heard| heard.runs),
            withheld = heard.map(|heard| heard.withheld.len()),
            "recognised"
        );
        result
    }

    /// Loads the model that the settings name, if another or none is loaded. Done once a dictation: finding out which
    /// it is reads the models folder.
    fn warm(&mut self) -> Result<()> {
        let settings = self.shared.settings();
        let choice = (settings.recognition.model.clone(), settings.language().map(str::to_owned));
        let path = match self.shared.model_path() {
            Ok(path) => path,
            // The file went away or broke after it was read: what is in memory still serves.
            Err(_) if self.loaded.as_ref().is_some_and(|loaded| loaded.choice == choice) => return Ok(()),
            Err(error) => {
                self.loaded = None;
                return Err(error);
            }
        };
        if let Some(loaded) = self.loaded.as_mut().filter(|loaded| loaded.path == path) {
            loaded.choice = choice;
            return Ok(());
        }
        self.loaded = None; // Never two models in memory.
        let is_demo = tawk_store::is_demo_file(&path);
        let began = Instant::now();
        let mut told = None;
        let result = self.transcribers.load(&path, &mut |done| {
            let percent = (done.clamp(0.0, 1.0) * 100.0) as u8;
            if told != Some(percent) {
                told = Some(percent);
                let _ = self.session.send(Message::Loading(Some(percent)));
            }
        });
        let _ = self.session.send(Message::Loading(None));
        let transcriber = result?;
        tracing::info!(took_ms = began.elapsed().as_millis(), demo = is_demo, "model loaded");
        self.loaded = Some(Loaded { choice, path, is_demo, transcriber });
        Ok(())
    }
}

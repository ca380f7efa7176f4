//! The `session` thread: feeds the state machine and performs its effects. It never blocks; it only sends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tawk_core::ports::{DeskEvent, Target};
use tawk_core::recognition::AbortSwitch;
use tawk_core::session::{Effect, Event, Face, Rules, Session, UtteranceId};
use tawk_core::settings::Settings;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::awake::Awake;
use crate::capture::{self, Capture};
use crate::journal::{Entry, Journal};
use crate::message::Message;
use crate::recogniser::{Job, Recogniser};
use crate::shared::{Shared, locked};
use crate::status::{State, Trouble};
use crate::timing::Stopwatch;
use crate::typing::{Insertion, Order, StopSwitch, TypingThread};
use crate::withholding::Withholding;

/// How long a shutdown waits for the microphone, the typist and the disk.
const SHUTDOWN_BOUND: Duration = Duration::from_secs(3);

/// The session's thread-side: the state machine and the ends of all other threads.
pub(crate) struct Conductor {
    pub(crate) shared: Arc<Shared>,
    pub(crate) capture: Capture,
    pub(crate) journal: Journal,
    pub(crate) recogniser: Recogniser,
    pub(crate) typist: TypingThread,
    awake: Awake,
    session: Session,
    start: Instant,
    segments: HashMap<(UtteranceId, u32), Vec<f32>>,
    targets: HashMap<UtteranceId, Result<Option<Target>>>,
    abort: AbortSwitch,
    withholding: Withholding,
    watches: HashMap<UtteranceId, Stopwatch>,
    stop: StopSwitch,
    /// Trouble outside a dictation; it stays until it is mended.
    standing: Option<Error>,
}

impl Conductor {
    pub(crate) fn new(
        shared: Arc<Shared>,
        capture: Capture,
        journal: Journal,
        recogniser: Recogniser,
        typist: TypingThread,
        awake: Awake,
    ) -> Self {
        let session = Session::new(rules(&shared.settings()));
        Self {
            shared,
            capture,
            journal,
            recogniser,
            typist,
            awake,
            session,
            start: Instant::now(),
            segments: HashMap::new(),
            targets: HashMap::new(),
            abort: AbortSwitch::default(),
            withholding: Withholding::default(),
            watches: HashMap::new(),
            stop: StopSwitch::default(),
            standing: None,
        }
    }

    pub(crate) fn run(mut self, inbox: &Receiver<Message>) {
        self.refresh();
        let mut shutdown: Option<Instant> = None;
        loop {
            let deadline = self.session.deadline().map(|deadline| self.start + deadline);
            let until = [deadline, shutdown].into_iter().flatten().min();
            let message = match until {
                Some(until) => match inbox.recv_deadline(until) {
                    Ok(message) => Some(message),
                    Err(RecvTimeoutError::Timeout) => None,
                    Err(RecvTimeoutError::Disconnected) => break,
                },
                None => match inbox.recv() {
                    Ok(message) => Some(message),
                    Err(_) => break,
                },
            };
            match message {
                Some(Message::Shutdown) => {
                    tracing::info!("shutting down");
                    shutdown.get_or_insert(Instant::now() + SHUTDOWN_BOUND);
                    self.shared.is_ending.store(true, Ordering::Release);
                    self.step(Event::Desk(DeskEvent::LoggingOut));
                }
                Some(message) => self.take(message),
                None => self.step(Event::Tick),
            }
            // After what the message asked for, which the microphone must not wait for.
            self.awake.set(!self.session.is_idle());
            if shutdown.is_some_and(|bound| self.session.is_idle() || Instant::now() >= bound) {
                break;
            }
        }
        let Self { shared, capture, journal, recogniser, .. } = self;
        // The capture hands over what it has, then the journal writes it; each waits for its thread.
        drop(capture);
        drop(journal);
        drop(recogniser);
        if shutdown.is_some() {
            shared.ended();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.step(event),
            Message::Hotkey(edge, at) => self.step_at(Event::Key(edge), at),
            Message::Segment { utterance, index, until, samples } => {
                self.segments.insert((utterance, index), samples);
                self.step(Event::Segment { utterance, index, until });
            }
            Message::Draft { utterance, index, until, samples } => {
                let spoken = Duration::from_secs_f64(until as f64 / f64::from(SAMPLE_RATE));
                if self.watches.get(&utterance).is_some_and(|watch| watch.wastes(spoken)) {
                    return;
                }
                self.segments.insert((utterance, index), samples);
                self.step(Event::Draft { utterance, index, until });
            }
            Message::Withheld { utterance, index, parts } => self.withholding.keep(utterance, index, parts),
            Message::Microphone(name) => self.tell(|status| status.microphone = name),
            Message::Voice(voiced) => self.shared.listener.voice_changed(voiced),
            Message::Loading(percent) => self.tell(|status| status.loading_percent = percent),
            Message::Trouble(trouble) => {
                self.standing = trouble;
                self.tell_trouble(None);
            }
            Message::Report(error) => self.perform(Effect::Report(error), Instant::now()),
            Message::FirstKey { utterance, at } => self.watch(utterance, |watch| watch.first_key(at)),
            Message::Settings => {
                self.session.set_rules(rules(&self.shared.settings()));
                let mended = locked(&self.shared.file).problems().is_empty();
                if mended && self.standing.as_ref().is_some_and(|error| error.kind == ErrorKind::BadSettings) {
                    self.standing = None;
                    self.tell_trouble(None);
                }
                self.refresh();
                self.shared.listener.settings_changed();
            }
            Message::OpenWindow => self.shared.listener.open_window(),
            Message::Flush(done) => {
                let _ = self.journal.sender().send(Entry::Flush(done));
            }
            Message::Shutdown => {}
        }
    }

    fn step(&mut self, event: Event) {
        self.step_at(event, Instant::now());
    }

    fn step_at(&mut self, event: Event, at: Instant) {
        self.note(&event, at);
        for effect in self.session.step(event, at.saturating_duration_since(self.start)) {
            self.perform(effect, at);
        }
    }

    /// Takes the time of what happened.
    fn note(&mut self, event: &Event, at: Instant) {
        match event {
            Event::FirstSamples { utterance } => self.watch(*utterance, |watch| watch.first_samples(at)),
            Event::Segment { utterance, .. } => self.watch(*utterance, Stopwatch::segment),
            Event::CaptureEnded { utterance, length, .. } => self.watch(*utterance, |watch| watch.captured(*length)),
            Event::Recognised { utterance, .. } => self.watch(*utterance, |watch| watch.recogniser_ended(at)),
            _ => {}
        }
    }

    fn watch(&mut self, utterance: UtteranceId, note: impl FnOnce(&mut Stopwatch)) {
        if let Some(watch) = self.watches.get_mut(&utterance) {
            note(watch);
        }
    }

    fn perform(&mut self, effect: Effect, at: Instant) {
        match effect {
            Effect::StartCapture { utterance } => {
                let settings = self.shared.settings();
                let command = capture::Command::Start {
                    utterance,
                    microphone: settings.microphone(),
                    channel: settings.channel(),
                    ahead: settings.recognition.ahead,
                };
                self.watches.insert(utterance, Stopwatch::start(at));
                self.capture.send(command);
                self.recogniser.send(Job::Warm);
                self.typist.send(Order::Warm);
                self.tell_trouble(None);
            }
            Effect::StopCapture { utterance } => {
                self.watch(utterance, |watch| watch.released(at));
                self.capture.send(capture::Command::Stop { utterance, at });
            }
            Effect::MarkTarget { utterance } => {
                self.targets.insert(utterance, self.shared.platform.focus.current());
            }
            Effect::Recognise { utterance, index, prompt, .. } => {
                let samples = self.segments.remove(&(utterance, index)).unwrap_or_default();
                self.withholding.forget(utterance, index);
                self.abort = AbortSwitch::default();
                let abort = self.abort.clone();
                self.watch(utterance, |watch| watch.recogniser_began(Instant::now()));
                self.recogniser.send(Job::Recognise { utterance, index, samples, prompt, abort });
            }
            Effect::AbortRecognition { .. } => self.abort.abort(),
            Effect::Drafted { utterance, index, used } => {
                // Of a draft that came to nothing the segment's samples are still wanted.
                if used {
                    self.segments.remove(&(utterance, index));
                }
                self.watch(utterance, |watch| watch.drafted(used));
            }
            Effect::Type { utterance, text } => self.insert(utterance, text),
            Effect::StopTyping { .. } => self.stop.stop(),
            Effect::Hold { text, .. } => self.remember(text),
            Effect::DiscardRecording { utterance } => self.close(utterance, Entry::Discard(utterance)),
            Effect::KeepRecording { utterance, reason } => self.close(utterance, Entry::Keep(utterance, reason)),
            Effect::Report(error) => {
                tracing::warn!(code = error.kind.code(), "{error}");
                self.tell_trouble(Some(&error));
            }
            Effect::Play(sound) => {
                let sounds = self.shared.settings().sound;
                if sounds.enabled {
                    self.shared.platform.sounds.play(sound, sounds.volume);
                }
            }
            Effect::Show(face) => {
                tracing::debug!(?face, "shows");
                self.tell(|status| {
                    let troubled = face == Face::Idle && status.trouble.is_some();
                    status.state = if troubled { State::Trouble } else { state_of(face) };
                });
            }
        }
    }

    fn insert(&mut self, utterance: UtteranceId, text: String) {
        self.watch(utterance, |watch| watch.text(Instant::now()));
        let settings = self.shared.settings();
        self.remember(text.trim_end().to_owned());
        self.stop = StopSwitch::default();
        self.typist.send(Order::Type(Insertion {
            utterance,
            text,
            target: self.targets.remove(&utterance).unwrap_or(Ok(None)),
            plan: settings.plan_style(),
            style: settings.typing_style(),
            stop: self.stop.clone(),
        }));
    }

    fn remember(&mut self, text: String) {
        *locked(&self.shared.last_text) = Some(text);
        self.tell(|status| status.has_last_text = true);
    }

    /// The utterance is over.
    fn close(&mut self, utterance: UtteranceId, how: Entry) {
        let _ = self.journal.sender().send(how);
        let withheld = self.withholding.take(utterance);
        self.tell(|status| status.withheld = withheld.len());
        if let Some(watch) = self.watches.remove(&utterance) {
            let timing = watch.timing();
            tracing::info!(
                %utterance,
                audio_ms = timing.audio,
                release_to_text_ms = timing.release_to_text,
                release_to_first_key_ms = timing.release_to_first_key,
                own_overhead_ms = timing.own_overhead,
                segments = timing.segments,
                drafts_used = timing.drafts_used,
                drafts_in_vain = timing.drafts_in_vain,
                in_vain_ms = timing.in_vain,
                "dictation over"
            );
            self.shared.listener.timed(&timing);
        }
        self.targets.remove(&utterance);
        self.segments.retain(|(id, _), _| *id != utterance);
    }

    /// Brings what the settings say into the status.
    fn refresh(&mut self) {
        let settings = self.shared.settings();
        let model = self.shared.model_path();
        self.tell(|status| {
            status.hotkey = settings.hotkey().to_string();
            status.microphone = match settings.microphone.name.as_str() {
                _ if settings.microphone.id == "default" => String::new(),
                "" => settings.microphone.id.clone(),
                name => name.to_owned(),
            };
            status.model_is_demo = model.as_ref().is_ok_and(|path| tawk_store::is_demo_file(path));
            status.model = match &model {
                Ok(path) => tawk_store::id_of(path),
                Err(_) => String::new(),
            };
        });
    }

    fn tell_trouble(&mut self, error: Option<&Error>) {
        let trouble = error.or(self.standing.as_ref()).map(Trouble::from);
        let idle = self.session.is_idle();
        self.tell(|status| {
            status.trouble = trouble;
            if idle {
                status.state = if status.trouble.is_some() { State::Trouble } else { State::Idle };
            }
        });
    }

    /// Changes the status and tells the listener if it is really another.
    fn tell(&mut self, change: impl FnOnce(&mut crate::status::Status)) {
        let mut status = locked(&self.shared.status);
        let before = status.clone();
        change(&mut status);
        if *status == before {
            return;
        }
        let now = status.clone();
        drop(status);
        self.shared.listener.status_changed(&now);
    }
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        tap: Duration::from_millis(settings.dictation.tap_ms.into()),
        ending: settings.dictation.ending,
        language: settings.language().map(str::to_owned),
        vocabulary: settings.dictation.vocabulary.clone(),
    }
}

fn state_of(face: Face) -> State {
    match face {
        Face::Idle => State::Idle,
        Face::Connecting => State::Connecting,
        Face::Listening => State::Listening,
        Face::Working => State::Working,
        Face::Trouble => State::Trouble,
    }
}

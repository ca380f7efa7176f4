//! The `session` thread: feeds the state machine and performs its effects. It never blocks; it only sends.

mod performing;
mod telling;

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tawk_core::ports::{DeskEvent, Target};
use tawk_core::recognition::AbortSwitch;
use tawk_core::session::{Event, Rules, Session, TypingEnd, UtteranceId};
use tawk_core::settings::{Delivery, Settings};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::again;
use crate::awake::Awake;
use crate::capture::{self, Capture};
use crate::escape::Escape;
use crate::history::{Remembering, Spoken};
use crate::hud::Hud;
use crate::journal::{Entry, Journal};
use crate::logging;
use crate::message::{Message, Note};
use crate::notices::Notices;
use crate::playback;
use crate::recogniser::Recogniser;
use crate::recovery;
use crate::samples::Samples;
use crate::shared::{Shared, locked};
use crate::status::State;
use crate::timing::Stopwatch;
use crate::trial;
use crate::typing::{StopSwitch, TypingThread};
use crate::withholding::Withholding;

/// How long a shutdown waits for the microphone, the typist and the disk.
const SHUTDOWN_BOUND: Duration = Duration::from_secs(3);

/// How often the wait for the recogniser is told anew.
const COUNT_DOWN: Duration = Duration::from_secs(1);

/// The session's thread-side: the state machine and the ends of all other threads.
pub(crate) struct Conductor {
    pub(crate) shared: Arc<Shared>,
    pub(crate) capture: Capture,
    pub(crate) journal: Journal,
    pub(crate) recogniser: Recogniser,
    pub(crate) typist: TypingThread,
    awake: Awake,
    pub(crate) escape: Escape,
    history: Remembering,
    spoken: Spoken,
    session: Session,
    start: Instant,
    samples: Samples,
    /// Where in its recording a segment begins and its voice ends.
    spans: HashMap<(UtteranceId, u32), (u64, u64)>,
    targets: HashMap<(UtteranceId, Option<u32>), Result<Option<Target>>>,
    /// What was typed of the last utterance, or is being typed.
    said: Option<(UtteranceId, String)>,
    abort: AbortSwitch,
    withholding: Withholding,
    watches: HashMap<UtteranceId, Stopwatch>,
    stop: StopSwitch,
    /// Trouble outside a dictation; it stays until it is mended.
    standing: Option<Error>,
    notices: Notices,
    hud: Hud,
    /// Whether the user has been told about Bluetooth microphones since the start.
    advised: bool,
}

impl Conductor {
    #[expect(clippy::too_many_arguments, reason = "one for each thread")]
    pub(crate) fn new(
        shared: Arc<Shared>,
        capture: Capture,
        journal: Journal,
        recogniser: Recogniser,
        typist: TypingThread,
        awake: Awake,
        escape: Escape,
        notices: Notices,
        history: Remembering,
        hud: Hud,
    ) -> Self {
        let session = Session::new(rules(&shared.settings()));
        Self {
            shared,
            capture,
            journal,
            recogniser,
            typist,
            awake,
            escape,
            history,
            spoken: Spoken::default(),
            session,
            start: Instant::now(),
            samples: Samples::default(),
            spans: HashMap::new(),
            said: None,
            targets: HashMap::new(),
            abort: AbortSwitch::default(),
            withholding: Withholding::default(),
            watches: HashMap::new(),
            stop: StopSwitch::default(),
            standing: None,
            notices,
            hud,
            advised: false,
        }
    }

    pub(crate) fn run(mut self, inbox: &Receiver<Message>) {
        self.refresh();
        let mut shutdown: Option<Instant> = None;
        loop {
            let deadline = self.session.deadline().map(|deadline| self.start + deadline);
            // The wait that is told grows shorter while nothing else happens.
            let told = locked(&self.shared.status).waiting.map(|_| Instant::now() + COUNT_DOWN);
            let until = [deadline, shutdown, told].into_iter().flatten().min();
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
                    recovery::abort(&self.shared);
                    playback::stop(&self.shared);
                    trial::stop(&self.shared);
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
        let Self { shared, capture, journal, recogniser, history, .. } = self;
        // The capture hands over what it has, then the journal writes it; each waits for its thread.
        drop(capture);
        drop(journal);
        for message in inbox.try_iter() {
            if let Message::Kept { utterance, path } = message {
                history.audio(utterance, path);
            }
        }
        drop(history);
        drop(recogniser);
        again::end(&shared);
        if shutdown.is_some() {
            shared.ended();
        }
    }

    fn take(&mut self, message: Message) {
        match message {
            Message::Event(event) => self.step(event),
            Message::Hotkey(edge, at) => self.step_at(Event::Key(edge), at),
            Message::Segment { utterance, index, heard } => {
                let until = heard.voiced_until;
                self.spans.insert((utterance, index), (heard.start, until));
                self.samples.keep(utterance, index, heard.samples);
                self.step(Event::Segment { utterance, index, until });
            }
            Message::Draft { utterance, index, heard } => {
                // The key may come up soon, and then nobody waits for the answer.
                self.shared.platform.focus.look_at_field();
                let until = heard.voiced_until;
                let spoken = Duration::from_secs_f64(until as f64 / f64::from(SAMPLE_RATE));
                if self.watches.get(&utterance).is_some_and(|watch| watch.wastes(spoken)) {
                    return;
                }
                self.spans.insert((utterance, index), (heard.start, until));
                self.samples.keep(utterance, index, heard.samples);
                self.step(Event::Draft { utterance, index, until });
            }
            Message::Withheld { utterance, index, parts } => self.withholding.keep(utterance, index, parts),
            Message::Microphone(microphone) => self.hears(microphone),
            Message::Interrupted(lost) => {
                let state = if lost { State::Connecting } else { State::from(self.session.face()) };
                self.tell(|status| status.state = state);
            }
            Message::Note(note) => self.tell(|status| status.note = note.as_ref().map(Note::tell)),
            Message::Kept { utterance, path } => self.history.audio(utterance, path),
            Message::LastText(text) => self.recall(text),
            Message::Notice(notice) => self.tell(|status| status.notice = Some(notice)),
            Message::Voice(voiced) => {
                self.step(Event::Voice(voiced));
                self.shared.listener.voice_changed(voiced);
            }
            // One that was pressed as the dictation ended is too late.
            Message::CancelKey if self.session.is_live() => self.step(Event::Cancel),
            Message::CancelKey => {}
            Message::Loading(percent) => {
                self.samples.loading();
                self.tell(|status| status.loading_percent = percent);
            }
            Message::Trouble(trouble) => {
                match &trouble {
                    Some(error) => self.notices.outside(&self.shared, error),
                    None => self.notices.mended(),
                }
                self.standing = trouble;
                self.tell_trouble(None);
            }
            Message::Report(error) => {
                self.notices.outside(&self.shared, &error);
                self.report(&error);
            }
            Message::Unremembered(error) => {
                self.notices.outside(&self.shared, &error);
                if locked(&self.shared.status).trouble.is_none() {
                    self.report(&error);
                } else {
                    tracing::warn!(code = error.kind.code(), "{error}");
                }
            }
            Message::FirstPicture { utterance, at } => self.watch(utterance, |watch| watch.first_picture(at)),
            Message::FirstKey { utterance, at } => self.watch(utterance, |watch| watch.first_key(at)),
            Message::Settings => {
                self.session.set_rules(rules(&self.shared.settings()));
                let mended = locked(&self.shared.file).problems().is_empty();
                if mended && self.standing.as_ref().is_some_and(|error| error.kind == ErrorKind::BadSettings) {
                    self.standing = None;
                    self.tell_trouble(None);
                }
                self.hud.settings(&self.shared.settings());
                logging::set_level(self.shared.settings().log.level);
                self.refresh();
                self.shared.listener.settings_changed();
            }
            Message::Tidied => self.history.adopt(),
            Message::Recoverable(count) => self.tell(|status| status.recoverable = count),
            Message::Recover => recovery::start(&self.shared, self.recogniser.jobs()),
            Message::Recovery(news) => self.recovery(news),
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
        match &event {
            Event::Undo if self.session.can_undo() => self.tell_trouble(None),
            Event::TypeAgain(_) if self.session.can_type_again() => {
                // What was wrong before, or cancelled, is over; what goes wrong from now on is new.
                self.notices.begun();
                self.tell(|status| (status.notice, status.note, status.can_undo) = (None, None, false));
                self.tell_trouble(None);
            }
            Event::Typed { utterance, end: TypingEnd::Stopped { rest, .. } } => self.unsay(*utterance, rest),
            _ => {}
        }
        let goes_away = matches!(event, Event::Desk(_));
        for effect in self.session.step(event, at.saturating_duration_since(self.start)) {
            self.perform(effect, at);
        }
        if goes_away {
            self.capture.send(capture::Command::Rest);
        }
        self.follow();
    }

    /// Takes the time of what happened.
    fn note(&mut self, event: &Event, at: Instant) {
        match event {
            Event::FirstSamples { utterance } => self.watch(*utterance, |watch| watch.first_samples(at)),
            Event::Segment { utterance, .. } => self.watch(*utterance, Stopwatch::segment),
            Event::CaptureEnded { utterance, length, .. } => self.watch(*utterance, |watch| watch.captured(*length)),
            Event::Recognised { utterance, index, result } => {
                if let Ok(text) = result {
                    self.hud.heard(*utterance, *index, text);
                }
                self.watch(*utterance, |watch| watch.recogniser_ended(at));
                self.samples.answered(result.is_ok(), at);
            }
            _ => {}
        }
    }

    fn watch(&mut self, utterance: UtteranceId, note: impl FnOnce(&mut Stopwatch)) {
        if let Some(watch) = self.watches.get_mut(&utterance) {
            note(watch);
        }
    }
}

fn rules(settings: &Settings) -> Rules {
    Rules {
        tap: settings.tap(),
        by_phrase: settings.dictation.delivery == Delivery::Phrases,
        ending: settings.dictation.ending,
        language: settings.language().map(str::to_owned),
        vocabulary: settings.dictation.vocabulary.clone(),
    }
}

//! The `session` thread: feeds the state machine and performs its effects. It never blocks; it only sends.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use tawk_core::microphone::{Microphone, MicrophoneChoice};
use tawk_core::ports::{DeskEvent, Target};
use tawk_core::recognition::AbortSwitch;
use tawk_core::session::{self, Effect, Event, Face, KeepReason, Rules, Session, UtteranceId};
use tawk_core::settings::{Delivery, Settings};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_store::history::Dictation;
use tawk_store::journal::Fate;

use crate::again;
use crate::awake::Awake;
use crate::capture::{self, Capture};
use crate::escape::Escape;
use crate::history::{Remembering, Spoken};
use crate::journal::{Entry, Journal};
use crate::message::{Message, Note};
use crate::notices::Notices;
use crate::playback;
use crate::recogniser::{Job, Recogniser};
use crate::recovery::{self, Recovery};
use crate::samples::Samples;
use crate::shared::{Shared, locked};
use crate::status::{State, Trouble, Waiting};
use crate::timing::Stopwatch;
use crate::typing::{Insertion, Order, StopSwitch, TypingThread};
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

    fn hears(&mut self, microphone: Microphone) {
        let advice = microphone.is_bluetooth && !self.advised && self.shared.settings().microphone.bluetooth_advice;
        self.advised |= advice;
        self.spoken.microphone(&microphone.name);
        self.tell(|status| {
            status.microphone = microphone.name;
            if advice {
                status.note = Some(Note::Bluetooth.tell());
            }
        });
    }

    fn step(&mut self, event: Event) {
        self.step_at(event, Instant::now());
    }

    fn step_at(&mut self, event: Event, at: Instant) {
        self.note(&event, at);
        if event == Event::Undo && self.session.can_undo() {
            self.tell_trouble(None);
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

    /// Brings about what is true of the session as long as it is in this state.
    fn follow(&mut self) {
        if self.shared.listens_to_hotkey {
            let keys = if self.session.is_live() { self.shared.settings().cancel_keys() } else { Vec::new() };
            self.escape.take(keys);
        }
        let can_undo = self.session.can_undo();
        let backlog = self.samples.backlog(self.session.waiting());
        let waiting = backlog.is_notable().then(|| Waiting::from(backlog));
        self.tell(|status| {
            status.can_undo = can_undo;
            status.waiting = waiting;
        });
    }

    /// Takes the time of what happened.
    fn note(&mut self, event: &Event, at: Instant) {
        match event {
            Event::FirstSamples { utterance } => self.watch(*utterance, |watch| watch.first_samples(at)),
            Event::Segment { utterance, .. } => self.watch(*utterance, Stopwatch::segment),
            Event::CaptureEnded { utterance, length, .. } => self.watch(*utterance, |watch| watch.captured(*length)),
            Event::Recognised { utterance, result, .. } => {
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

    fn perform(&mut self, effect: Effect, at: Instant) {
        match effect {
            Effect::StartCapture { utterance } => {
                let settings = self.shared.settings();
                let command = capture::Command::Start {
                    utterance,
                    microphones: settings.microphones(),
                    channel: settings.channel(),
                    ahead: settings.recognition.ahead,
                };
                // The microphone would hear it.
                playback::stop(&self.shared);
                self.samples.open(utterance);
                self.spoken.begin(utterance, &settings, &locked(&self.shared.status).model);
                self.watches.insert(utterance, Stopwatch::start(at));
                self.notices.begun();
                self.shared.platform.focus.look_at_field();
                self.capture.send(command);
                let app = self.shared.platform.focus.current().ok().flatten().map(|target| target.app);
                let _ = self.journal.sender().send(Entry::App(utterance, app.unwrap_or_default()));
                self.recogniser.send(Job::Warm);
                self.typist.send(Order::Warm);
                self.tell(|status| (status.notice, status.note) = (None, None));
                self.tell_trouble(None);
            }
            Effect::StopCapture { utterance } => {
                self.watch(utterance, |watch| watch.released(at));
                self.capture.send(capture::Command::Stop { utterance, at });
            }
            Effect::MarkTarget { utterance, phrase } => {
                let target = self.shared.platform.focus.current();
                self.spoken.target(utterance, &target);
                self.targets.insert((utterance, phrase), target);
                self.shared.platform.focus.look_at_field();
            }
            Effect::Recognise { utterance, index, prompt, .. } => {
                let began = Instant::now();
                let samples = self.samples.begin(utterance, index, began);
                self.withholding.forget(utterance, index);
                self.abort = AbortSwitch::default();
                let abort = self.abort.clone();
                self.watch(utterance, |watch| watch.recogniser_began(began));
                let span = self.spans.get(&(utterance, index)).copied().unwrap_or_default();
                self.recogniser.send(Job::Recognise { utterance, index, span, samples, prompt, abort });
            }
            Effect::AbortRecognition { .. } => self.abort.abort(),
            Effect::Drafted { utterance, index, used } => {
                // Of a draft that came to nothing the segment's samples are still wanted.
                if used {
                    self.samples.remove(utterance, index);
                }
                self.watch(utterance, |watch| watch.drafted(used));
            }
            Effect::Type { utterance, phrase, text } => self.insert(utterance, phrase, text),
            Effect::StopTyping { .. } => self.stop.stop(),
            Effect::Hold { utterance, text } => {
                self.spoken.held(utterance, &text);
                self.remember(text);
            }
            Effect::DiscardRecording { utterance } => self.close(utterance, None),
            Effect::KeepRecording { utterance, reason } => self.close(utterance, Some(reason)),
            Effect::ReviseRecording { utterance, reason } => self.revise(utterance, reason),
            Effect::Forget { utterance } => {
                self.samples.forget(utterance);
                self.spans.retain(|(id, _), _| *id != utterance);
                self.targets.retain(|(id, _), _| *id != utterance);
                self.spoken.forget(utterance);
            }
            Effect::StillListening(asks) => {
                tracing::info!(asks, "nobody speaks");
                let question = asks.then(session::still_listening);
                self.tell_trouble(question.as_ref());
            }
            Effect::Report(error) => {
                self.notices.dictation(&self.shared, &error);
                self.report(&error);
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
                    status.state = if troubled { State::Trouble } else { face.into() };
                });
            }
        }
    }

    fn insert(&mut self, utterance: UtteranceId, phrase: Option<u32>, text: String) {
        self.watch(utterance, |watch| watch.text(Instant::now()));
        let settings = self.shared.settings();
        self.spoken.typed(utterance, &text);
        let before = self.said.take().filter(|(id, _)| *id == utterance).map(|(_, said)| said);
        let said = before.unwrap_or_default() + &text;
        self.remember(said.trim_end().to_owned());
        self.said = Some((utterance, said));
        self.stop = StopSwitch::default();
        self.typist.send(Order::Type(Insertion {
            utterance,
            text,
            target: self.targets.get(&(utterance, phrase)).cloned().unwrap_or(Ok(None)),
            plan: settings.plan_style(),
            style: settings.typing_style(),
            stop: self.stop.clone(),
        }));
    }

    fn remember(&mut self, text: String) {
        *locked(&self.shared.last_text) = Some(text);
        self.tell(|status| status.has_last_text = true);
    }

    fn recovery(&mut self, news: Recovery) {
        match news {
            Recovery::Notice(notice) => self.tell(|status| status.notice = Some(notice)),
            Recovery::Done { text, notice } => {
                if !text.is_empty() {
                    self.remember(text);
                }
                self.tell(|status| status.notice = Some(notice));
            }
            Recovery::Failed(error) => {
                self.tell(|status| status.notice = None);
                self.perform(Effect::Report(error), Instant::now());
            }
        }
    }

    /// The last text from before this start, unless there is a newer one.
    fn recall(&mut self, text: Option<String>) {
        let is_known = locked(&self.shared.last_text).is_some();
        match text {
            Some(text) if !is_known => self.remember(text),
            Some(_) => {}
            None => {
                *locked(&self.shared.last_text) = None;
                self.tell(|status| status.has_last_text = false);
            }
        }
    }

    /// The utterance is over.
    fn close(&mut self, utterance: UtteranceId, kept: Option<KeepReason>) {
        let withheld = self.withholding.take(utterance);
        self.tell(|status| status.withheld = withheld.len());
        let timing = self.watches.remove(&utterance).map(|watch| watch.timing());
        let dictation = self.spoken.over(utterance, kept, Some(&timing.unwrap_or_default()), withheld);
        let _ = self.journal.sender().send(match self.fate(kept, dictation.as_ref()) {
            Some(fate) => Entry::Keep(utterance, fate),
            None => Entry::Discard(utterance),
        });
        self.history.over(utterance, dictation);
        if let Some(timing) = timing {
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
    }

    /// The utterance whose cancelling was undone is over once more.
    fn revise(&mut self, utterance: UtteranceId, kept: Option<KeepReason>) {
        let withheld = self.withholding.take(utterance);
        let dictation = self.spoken.over(utterance, kept, None, withheld);
        self.tell(|status| status.withheld = dictation.as_ref().map_or(0, |dictation| dictation.withheld.len()));
        let fate = self.fate(kept, dictation.as_ref());
        let _ = self.journal.sender().send(Entry::Revise(utterance, fate));
        self.history.over(utterance, dictation);
    }

    /// What becomes of the recording; `None`: it is not needed.
    fn fate(&self, kept: Option<KeepReason>, dictation: Option<&Dictation>) -> Option<Fate> {
        let wanted = dictation.is_some() && self.history.wants_audio(&self.shared.settings().history);
        kept.map(Fate::Kept).or(wanted.then_some(Fate::Delivered))
    }

    /// Brings what the settings say into the status.
    fn refresh(&mut self) {
        let settings = self.shared.settings();
        let model = self.shared.model_path();
        // Only who listens to the hotkey may be asked to begin at any moment.
        let pre_roll = settings.microphone.pre_roll().filter(|_| self.shared.listens_to_hotkey).map(|length| {
            let (microphones, channel) = (settings.microphones(), settings.channel());
            capture::PreRoll { microphones, channel, length }
        });
        self.capture.send(capture::Command::PreRoll(pre_roll));
        self.tell(|status| {
            status.hotkey = settings.hotkey().to_string();
            status.microphone = match settings.microphone.list().first() {
                Some(first) if first.choice() != MicrophoneChoice::SystemDefault => first.label().to_owned(),
                _ => String::new(),
            };
            status.model_is_demo = model.as_ref().is_ok_and(|path| tawk_store::is_demo_file(path));
            status.model = match &model {
                Ok(path) => tawk_store::id_of(path),
                Err(_) => String::new(),
            };
        });
    }

    fn report(&mut self, error: &Error) {
        tracing::warn!(code = error.kind.code(), "{error}");
        self.tell_trouble(Some(error));
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
        by_phrase: settings.dictation.delivery == Delivery::Phrases,
        ending: settings.dictation.ending,
        language: settings.language().map(str::to_owned),
        vocabulary: settings.dictation.vocabulary.clone(),
    }
}

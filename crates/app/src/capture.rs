//! The `capture` thread: owns the microphone's stream and turns it into 16 kHz mono, journal and segments.
//!
//! It must never wait for the recogniser or the disk: both are sent to, over channels without a bound.

mod ear;
mod opening;
mod standby;
mod take;
#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use tawk_audio::SignalWatch;
use tawk_core::microphone::{ChannelChoice, MicrophoneChoice, Succession};
use tawk_core::ports::{Microphones, OPEN_LIMIT, Permissions};
use tawk_core::session::UtteranceId;
use tawk_core::{Error, ErrorKind, Result};

pub(crate) use self::ear::{Ear, may_listen, open_first};
use self::opening::{FIRST_SOUND, Patience, RECOVERY_PAUSE};
pub(crate) use self::standby::PreRoll;
use self::standby::Standby;
use self::take::Take;
use crate::hud::Gauge;
use crate::journal::{self, Journal};
use crate::message::{Message, Note};

/// How long one read waits for samples. A stop unparks the thread, so this bounds nothing that a user feels.
const READ_WAIT: Duration = Duration::from_millis(100);

/// How long to wait, after the key was let go, for sound that was spoken before and is still in the device's
/// buffers. A Bluetooth headset is about 0.2 s behind.
const TAIL_WAIT: Duration = Duration::from_millis(400);

/// The same when sound goes on coming: after that the clock of the sound server is not to be trusted.
const LONGEST_TAIL_WAIT: Duration = Duration::from_secs(4);

/// So long after the last sound, at the latest, a recording whose microphone was lost goes on or is over.
const RECOVERY: Duration = Duration::from_millis(1_900);

/// How long one microphone may take to open in place of a lost one, before the next is tried. A Bluetooth headset needs
/// about 400 ms.
const RECOVERY_STEP: Duration = Duration::from_millis(800);

/// Asked of the capture thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// Open the first of the microphones that is there for an utterance.
    Start { utterance: UtteranceId, microphones: Vec<MicrophoneChoice>, channel: ChannelChoice, ahead: bool },
    /// Take what was heard up to `at` and close it.
    Stop { utterance: UtteranceId, at: Instant },
    /// Hear the microphone between dictations too, or no more.
    PreRoll(Option<PreRoll>),
    /// Hear nothing until the next dictation.
    Rest,
}

/// The running capture thread; it ends when this is dropped.
pub(crate) struct Capture {
    commands: Option<Sender<Command>>,
    thread: Option<JoinHandle<()>>,
}

impl Capture {
    pub(crate) fn start(
        microphones: Arc<dyn Microphones>,
        permissions: Arc<dyn Permissions>,
        journal: Sender<journal::Entry>,
        session: Sender<Message>,
        gauge: Gauge,
    ) -> Result<Self> {
        let (commands, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("capture".into())
            .spawn(move || {
                let (next, standby) = (VecDeque::new(), Standby::default());
                Loop { microphones, permissions, journal, session, gauge, inbox, next, ahead: None, standby }.run();
            })
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { commands: Some(commands), thread: Some(thread) })
    }

    pub(crate) fn send(&self, command: Command) {
        if let (Some(commands), Some(thread)) = (&self.commands, &self.thread) {
            // The thread ends only after the sender is gone, so this cannot fail.
            let _ = commands.send(command);
            thread.thread().unpark();
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        self.commands = None;
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            let _ = thread.join();
        }
    }
}

struct Loop {
    microphones: Arc<dyn Microphones>,
    permissions: Arc<dyn Permissions>,
    journal: Sender<journal::Entry>,
    session: Sender<Message>,
    /// The level of what is heard, for whoever shows it.
    gauge: Gauge,
    inbox: Receiver<Command>,
    /// Commands for the utterances after the present one.
    next: VecDeque<Command>,
    /// The microphone of the utterance after the present one, opened or refused while this one was being drained.
    ahead: Option<(UtteranceId, Result<Ear>)>,
    /// The microphone between dictations.
    standby: Standby,
}

impl Loop {
    fn run(mut self) {
        while let Some(command) = self.next_command() {
            match command {
                Command::Start { utterance, microphones, channel, ahead } => {
                    self.listen(utterance, microphones, channel, ahead);
                }
                // Its utterance is over already.
                Command::Stop { .. } => {}
                Command::PreRoll(wanted) => self.standby.want(wanted),
                Command::Rest => self.standby.rest(),
            }
        }
    }

    /// Waits for a command, hearing meanwhile if that is wanted; `None` at the end of the program.
    fn next_command(&mut self) -> Option<Command> {
        loop {
            if let Some(command) = self.next.pop_front() {
                return Some(command);
            }
            if !self.standby.is_on() {
                return self.inbox.recv().ok();
            }
            match self.inbox.try_recv() {
                Ok(command) => return Some(command),
                Err(TryRecvError::Empty) => self.standby.hear(&self.microphones, &*self.permissions),
                Err(TryRecvError::Disconnected) => return None,
            }
        }
    }

    fn listen(&mut self, utterance: UtteranceId, wanted: Vec<MicrophoneChoice>, channel: ChannelChoice, ahead: bool) {
        let mut take = Take::new(utterance, self.journal.clone(), self.session.clone(), ahead);
        let opened = Instant::now();
        let mut before = Vec::new();
        let standby = self.standby.take(&wanted, channel);
        let mut order = Succession::new(wanted);
        let ear = match (self.ahead.take(), standby) {
            // One that failed in a hurry gets its full time now.
            (Some((whose, Ok(ear))), _) if whose == utterance => Ok(ear),
            (_, Some((ear, samples))) => {
                before = samples;
                Ok(ear)
            }
            _ => self.open(utterance, &order, channel, OPEN_LIMIT),
        };
        let result = ear.and_then(|ear| {
            tracing::info!(
                %utterance,
                open_ms = opened.elapsed().as_millis(),
                rate = ear.rate(),
                channels = ear.channels(),
                "microphone opened"
            );
            Journal::microphone(&self.journal, utterance, &ear.microphone().name);
            let _ = self.session.send(Message::Microphone(ear.microphone().clone()));
            take.before(&before);
            self.hear(ear, &mut order, channel, &mut take)
        });
        take.end(result.err());
    }

    /// Reads until a stop, the end of the program, or the loss of all microphones.
    fn hear(&mut self, mut ear: Ear, order: &mut Succession, channel: ChannelChoice, take: &mut Take) -> Result<()> {
        let mut samples = Vec::new();
        let mut watch = SignalWatch::new(ear.rate());
        let mut patience = Patience::new();
        let mut stop: Option<Instant> = None;
        // The moment up to which all was heard, on whichever microphone, and the loss after it.
        let mut until = ear.until().unwrap_or(ear.opened);
        let mut lost: Option<Error> = None;
        // Whether the last read gave nothing.
        let mut is_dry = false;
        // How long one microphone may take in place of a lost one.
        let mut step = RECOVERY_STEP;
        let result = loop {
            stop = stop.or_else(|| self.stop_asked(take.utterance));
            if let Some(at) = stop {
                // What came while that took its time is still to be read.
                is_dry &= !self.open_ahead();
                let waited = at.elapsed();
                if ear.until().is_some_and(|until| until >= at)
                    || is_dry && waited > TAIL_WAIT
                    || waited > LONGEST_TAIL_WAIT
                {
                    break lost.map_or(Ok(()), Err);
                }
            }
            samples.clear();
            let wait = if stop.is_some() { Duration::from_millis(20) } else { READ_WAIT };
            let heard = match (ear.hear(wait, &mut samples), &lost) {
                // What was opened in the place of a lost one gives nothing either.
                (Ok(Duration::ZERO), Some(error)) if !take.is_empty() && ear.opened.elapsed() > step => {
                    Err(error.clone())
                }
                (heard, _) => heard,
            };
            is_dry = matches!(heard, Ok(Duration::ZERO));
            match heard {
                Ok(Duration::ZERO) if take.is_empty() && ear.until().is_none() && stop.is_none() => {
                    if patience.is_over(self.permissions.as_ref()) {
                        may_listen(self.permissions.as_ref())?;
                        if let Some(other) = self.pass_over(&ear, order, &mut patience, channel, take.utterance) {
                            // It may have come to life while the other was opened.
                            if ear.hear(Duration::ZERO, &mut samples).is_ok_and(|length| !length.is_zero()) {
                                until = ear.until().unwrap_or_else(Instant::now);
                                take.push(&samples);
                                self.gauge.push(&samples);
                            } else {
                                tracing::warn!(utterance = %take.utterance, "nothing comes from the microphone");
                                ear = other;
                                watch = SignalWatch::new(ear.rate());
                                self.tell_replaced(&ear, take.utterance, true);
                            }
                        }
                        patience.begin();
                    }
                }
                Ok(Duration::ZERO) => {}
                Ok(length) => {
                    let end = ear.until().unwrap_or_else(Instant::now);
                    if lost.take().is_some() {
                        let begin = end.checked_sub(length).unwrap_or(end);
                        take.bridge(begin.saturating_duration_since(until), until.saturating_duration_since(begin));
                        let _ = self.session.send(Message::Interrupted(false));
                    }
                    until = end;
                    take.push(&samples);
                    self.gauge.push(&samples);
                    if let Some(flaw) = watch.push(ear.heard()) {
                        let _ = self.session.send(Message::Note(flaw.map(Note::Signal)));
                    }
                }
                Err(error) => {
                    ear.finish(&mut samples);
                    take.push(&samples);
                    warn_of_overruns(&ear, take.utterance);
                    let outdated = ear.is_outdated();
                    tracing::warn!(utterance = %take.utterance, code = error.kind.code(), outdated, "microphone lost");
                    let ran = ear.opened.elapsed();
                    let is_starting = if outdated {
                        order.changed(&ear.choice, ran) || take.is_empty()
                    } else {
                        order.lost(&ear.choice, ran);
                        false
                    };
                    if stop.is_some() {
                        return Err(error);
                    }
                    let _ = self.session.send(Message::Interrupted(true));
                    if ran < RECOVERY_PAUSE {
                        // One that opens and breaks at once must not be opened as fast as that goes. A stop wakes the thread.
                        thread::park_timeout(RECOVERY_PAUSE);
                    }
                    // A headset that is changing its profile may take as long as at first.
                    step = if is_starting { FIRST_SOUND } else { RECOVERY_STEP };
                    let since = if take.is_empty() { Instant::now() } else { until };
                    let deadline = since + step + (RECOVERY - RECOVERY_STEP);
                    let Some(other) = self.find_another(order, channel, take.utterance, step, deadline) else {
                        return Err(error);
                    };
                    let is_another = !outdated || other.microphone().id != ear.microphone().id;
                    ear = other;
                    watch = SignalWatch::new(ear.rate());
                    patience.begin();
                    self.tell_replaced(&ear, take.utterance, is_another);
                    lost = Some(error);
                }
            }
        };
        samples.clear();
        ear.finish(&mut samples);
        take.push(&samples);
        warn_of_overruns(&ear, take.utterance);
        if let Some(gaps) = take.gaps(&ear.microphone().name) {
            let _ = self.session.send(Message::Note(Some(gaps)));
        }
        result
    }

    /// Tells that another microphone is heard, and the user as well if it `is_another` indeed.
    fn tell_replaced(&self, ear: &Ear, utterance: UtteranceId, is_another: bool) {
        tracing::info!(%utterance, rate = ear.rate(), channels = ear.channels(), "microphone replaced");
        Journal::microphone(&self.journal, utterance, &ear.microphone().name);
        let _ = self.session.send(Message::Microphone(ear.microphone().clone()));
        if is_another {
            let _ = self.session.send(Message::Note(Some(Note::Replaced(ear.microphone().name.clone()))));
        }
    }

    /// Whether a stop for this utterance has come, or the end of the program; takes it.
    fn stop_asked(&mut self, listening_to: UtteranceId) -> Option<Instant> {
        let is_ending = self.sort_inbox();
        let stop = self.next.iter().position(|next| is_stop_of(next, listening_to)).and_then(|at| self.next.remove(at));
        match stop {
            Some(Command::Stop { at, .. }) => Some(at),
            _ => is_ending.then(Instant::now),
        }
    }

    /// As [`Loop::stop_asked`], but leaves it.
    fn is_stop_waiting(&mut self, listening_to: UtteranceId) -> bool {
        let is_ending = self.sort_inbox();
        is_ending || self.next.iter().any(|next| is_stop_of(next, listening_to))
    }

    /// Takes what was sent; returns whether nothing more will be.
    fn sort_inbox(&mut self) -> bool {
        loop {
            match self.inbox.try_recv() {
                Ok(command) => self.next.push_back(command),
                Err(TryRecvError::Empty) => return false,
                Err(TryRecvError::Disconnected) => return true,
            }
        }
    }
}

fn is_stop_of(command: &Command, listening_to: UtteranceId) -> bool {
    matches!(command, Command::Stop { utterance, .. } if *utterance == listening_to)
}

fn warn_of_overruns(ear: &Ear, utterance: UtteranceId) {
    if ear.overruns() > 0 {
        tracing::warn!(%utterance, frames = ear.overruns(), "samples were lost: this machine is too busy");
    }
}

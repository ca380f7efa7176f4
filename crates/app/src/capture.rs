//! The `capture` thread: owns the microphone's stream and turns it into 16 kHz mono, journal and segments.
//!
//! It must never wait for the recogniser or the disk: both are sent to, over channels without a bound.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender, TryRecvError, unbounded};
use tawk_audio::{ChannelPicker, Resampler, Segment, Segmenter, SegmenterConfig};
use tawk_core::microphone::{ChannelChoice, MicrophoneChoice};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{InputStream, Microphones, Permissions};
use tawk_core::session::{Event, UtteranceId};
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::journal::{self, Journal};
use crate::message::Message;

/// How long one read waits for samples. A stop unparks the thread, so this bounds nothing that a user feels.
const READ_WAIT: Duration = Duration::from_millis(100);

/// How long to wait, after the key was let go, for sound that was spoken before and is still in the device's
/// buffers. A Bluetooth headset is about 0.2 s behind.
const TAIL_WAIT: Duration = Duration::from_millis(400);

/// So many samples of silence make a pause likely enough to recognise ahead: 144 ms. Closures within words are
/// shorter; a draft that was in vain costs one encode.
const DRAFT_AFTER: u64 = SAMPLE_RATE as u64 * 144 / 1000;

/// A recording of at least this length in which every sample is zero comes from a microphone that is muted, withheld by the
/// system, or taken by another program.
const DEAD: Duration = Duration::from_secs(2);

/// Asked of the capture thread.
#[derive(Debug)]
pub(crate) enum Command {
    /// Open the microphone for an utterance.
    Start { utterance: UtteranceId, microphone: MicrophoneChoice, channel: ChannelChoice, ahead: bool },
    /// Take what was heard up to `at` and close it.
    Stop { utterance: UtteranceId, at: Instant },
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
    ) -> Result<Self> {
        let (commands, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("capture".into())
            .spawn(move || Loop { microphones, permissions, journal, session, inbox, next: VecDeque::new() }.run())
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
    inbox: Receiver<Command>,
    /// Commands for the utterance after the present one.
    next: VecDeque<Command>,
}

impl Loop {
    fn run(mut self) {
        while let Some(command) = self.next.pop_front().or_else(|| self.inbox.recv().ok()) {
            if let Command::Start { utterance, microphone, channel, ahead } = command {
                self.listen(utterance, &microphone, channel, ahead);
            }
        }
    }

    fn listen(&mut self, utterance: UtteranceId, microphone: &MicrophoneChoice, channel: ChannelChoice, ahead: bool) {
        let mut take = Take::new(utterance, self.journal.clone(), self.session.clone(), ahead);
        let opened = Instant::now();
        let microphones = Arc::clone(&self.microphones);
        let result = self.may_listen().and_then(|()| microphones.open(microphone)).and_then(|mut stream| {
            tracing::info!(
                %utterance,
                open_ms = opened.elapsed().as_millis(),
                rate = stream.format().rate,
                channels = stream.format().channels,
                "microphone opened"
            );
            Journal::microphone(&self.journal, utterance, &stream.microphone().name);
            let _ = self.session.send(Message::Microphone(stream.microphone().name.clone()));
            let result = self.hear(stream.as_mut(), channel, &mut take);
            if stream.overruns() > 0 {
                tracing::warn!(%utterance, frames = stream.overruns(), "samples were lost: this machine is too busy");
            }
            result
        });
        take.end(result.err());
    }

    /// Asks for the permission where nobody has yet. The system then withholds the sound until the user has answered.
    fn may_listen(&self) -> Result<()> {
        let denied = |message: &str| Err(Error::new(ErrorKind::MicrophoneDenied, message));
        match self.permissions.state(Permission::Microphone) {
            PermissionState::Denied => denied(
                "Tawk may not use the microphone. Switch Tawk on in System Settings, Privacy & Security, Microphone.",
            ),
            PermissionState::Restricted => {
                denied("A policy of this machine forbids Tawk to use the microphone. Ask whoever manages it.")
            }
            PermissionState::NotAsked => self.permissions.request(Permission::Microphone),
            _ => Ok(()),
        }
    }

    /// Reads until a stop, the end of the program, or the loss of the device.
    fn hear(&mut self, stream: &mut dyn InputStream, channel: ChannelChoice, take: &mut Take) -> Result<()> {
        let format = stream.format();
        let mut picker = ChannelPicker::new(format, channel);
        let mut resampler = Resampler::new(format.rate)?;
        let (mut frames, mut mono, mut samples) = (Vec::new(), Vec::new(), Vec::new());
        let mut stop: Option<Instant> = None;
        let result = loop {
            stop = stop.or_else(|| self.stop_asked(take.utterance));
            if let Some(at) = stop
                && (stream.captured_until().is_some_and(|until| until >= at) || at.elapsed() > TAIL_WAIT)
            {
                break Ok(());
            }
            frames.clear();
            let wait = if stop.is_some() { Duration::from_millis(20) } else { READ_WAIT };
            match stream.read(&mut frames, wait) {
                Ok(0) => continue,
                Ok(_) => {}
                Err(error) => break Err(error),
            }
            mono.clear();
            samples.clear();
            picker.push(&frames, &mut mono);
            resampler.push(&mono, &mut samples);
            take.push(&samples);
        };
        mono.clear();
        samples.clear();
        picker.finish(&mut mono);
        resampler.push(&mono, &mut samples);
        resampler.finish(&mut samples);
        take.push(&samples);
        result
    }

    fn stop_asked(&mut self, listening_to: UtteranceId) -> Option<Instant> {
        loop {
            match self.inbox.try_recv() {
                Ok(Command::Stop { utterance, at }) if utterance == listening_to => return Some(at),
                Ok(Command::Stop { .. }) => {}
                Ok(start @ Command::Start { .. }) => self.next.push_back(start),
                Err(TryRecvError::Empty) => return None,
                Err(TryRecvError::Disconnected) => return Some(Instant::now()),
            }
        }
    }
}

/// One utterance being heard.
struct Take {
    utterance: UtteranceId,
    journal: Sender<journal::Entry>,
    session: Sender<Message>,
    segmenter: Segmenter,
    segments: Vec<Segment>,
    index: u32,
    samples: u64,
    voiced: bool,
    /// Whether every sample so far was exactly zero, which no room is.
    is_dead: bool,
    /// Whether pauses are recognised ahead.
    ahead: bool,
    /// Where the voice ended in the draft that was handed over last.
    drafted: Option<u64>,
    /// The first segment whose beginning was not told yet.
    untold: u32,
}

impl Take {
    fn new(utterance: UtteranceId, journal: Sender<journal::Entry>, session: Sender<Message>, ahead: bool) -> Self {
        Journal::begin(&journal, utterance);
        Self {
            utterance,
            journal,
            session,
            segmenter: Segmenter::new(SegmenterConfig::default()),
            segments: Vec::new(),
            index: 0,
            samples: 0,
            voiced: false,
            is_dead: true,
            ahead,
            drafted: None,
            untold: 0,
        }
    }

    fn push(&mut self, samples: &[f32]) {
        if samples.is_empty() {
            return;
        }
        if self.samples == 0 {
            self.tell(Event::FirstSamples { utterance: self.utterance });
        }
        Journal::append(&self.journal, self.utterance, self.samples, samples);
        self.samples += samples.len() as u64;
        self.is_dead &= samples.iter().all(|&sample| sample == 0.0);
        self.segmenter.push(samples, &mut self.segments);
        self.tell_segments();
        if self.segmenter.quiet().is_some() {
            self.tell_beginning();
        }
        if self.ahead {
            self.tell_draft();
        }
        if self.segmenter.is_voiced() != self.voiced {
            self.voiced = !self.voiced;
            let _ = self.session.send(Message::Voice(self.voiced));
        }
    }

    fn tell_segments(&mut self) {
        for heard in std::mem::take(&mut self.segments) {
            self.tell_beginning();
            let _ = self.session.send(Message::Segment { utterance: self.utterance, index: self.index, heard });
            self.index += 1;
            self.drafted = None;
        }
    }

    /// Tells once of each segment that its voice has begun.
    fn tell_beginning(&mut self) {
        if self.untold == self.index {
            self.untold += 1;
            self.tell(Event::Phrase { utterance: self.utterance, index: self.index });
        }
    }

    /// Hands over the open segment when a pause has begun in it, once a pause.
    fn tell_draft(&mut self) {
        let quiet = self.segmenter.quiet();
        let until = quiet.map(|quiet| quiet.voiced_until);
        if self.drafted.is_some() && self.drafted != until {
            self.drafted = None;
            self.tell(Event::DraftOver { utterance: self.utterance });
        }
        let Some(quiet) = quiet.filter(|quiet| quiet.samples >= DRAFT_AFTER && self.drafted.is_none()) else { return };
        let Some(heard) = self.segmenter.open_segment() else { return };
        self.drafted = Some(quiet.voiced_until);
        let _ = self.session.send(Message::Draft { utterance: self.utterance, index: self.index, heard });
    }

    fn tell(&self, event: Event) {
        let _ = self.session.send(Message::Event(event));
    }

    fn end(mut self, mut error: Option<Error>) {
        if let Some(rest) = self.segmenter.finish() {
            self.segments.push(rest);
        }
        self.tell_segments();
        let length = Duration::from_secs_f64(self.samples as f64 / f64::from(SAMPLE_RATE));
        if error.is_none() && self.is_dead && length >= DEAD {
            error = Some(Error::new(
                ErrorKind::NothingHeard,
                "The microphone gives nothing but silence. Switch it on or unmute it, see that the system lets Tawk use it, or choose another in Tawk's menu.",
            ));
        }
        tracing::info!(utterance = %self.utterance, ms = length.as_millis(), segments = self.index, "heard");
        self.tell(Event::CaptureEnded { utterance: self.utterance, length, error });
    }
}

//! The `journal` thread: writes recordings to disk while they are made.
//!
//! It only ever writes into the system's memory, which survives the end of this process. What takes as long as a disk
//! takes, syncing, keeping and removing, is done by the `disk` thread, so that a slow disk holds up nobody.

mod disk;
mod unkept;

use std::collections::HashMap;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant, SystemTime};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_core::session::UtteranceId;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::journal::{Fate, RecognisedText};
use tawk_store::{Recording, Recordings};

use crate::message::Message;
use disk::{Disk, Work};

/// At most so often the disk is asked to make sure of what was written, one time after the other, and so often a write
/// that failed is tried again.
const EVERY: Duration = Duration::from_millis(250);

/// So many entries may wait while the system takes nothing at all: about 10 minutes of sound. What comes then is missing in
/// the recording, as silence of its length.
const MOST_WAITING: usize = 30_000;

/// So many entries are taken together before they are written.
const AT_ONCE: usize = 64;

/// Something to write.
pub(crate) enum Entry {
    /// An utterance begins now.
    Begin(UtteranceId),
    /// The app that has the focus.
    App(UtteranceId, String),
    /// The microphone that was opened.
    Microphone(UtteranceId, String),
    /// What was heard (16 kHz mono); the first sample is number `position` of the recording.
    Append { utterance: UtteranceId, position: u64, samples: Vec<f32>, at: Instant },
    /// What was recognised of it.
    Text(UtteranceId, RecognisedText),
    /// The utterance is over; its recording stays, as a WAV file. [`Message::Kept`] says where.
    Keep(UtteranceId, Fate),
    /// The utterance is over; its recording is not needed.
    Discard(UtteranceId),
    /// After [`Entry::Keep`]: its cancelling was undone, and the recording stays for another reason or (without a fate) is not
    /// needed any more. [`Message::Kept`] says where it is then.
    Revise(UtteranceId, Option<Fate>),
    /// Answer when everything before is on disk.
    Flush(Sender<()>),
    /// There will be nothing more.
    End,
}

/// The running journal thread. Dropping it writes everything that was sent before and ends it.
pub(crate) struct Journal {
    entries: Sender<Entry>,
    thread: Option<JoinHandle<()>>,
}

impl Journal {
    /// Starts the thread. `tidies` says whether it shall also see to what earlier runs have left behind.
    pub(crate) fn start(recordings: Recordings, session: Sender<Message>, tidies: bool) -> Result<Self> {
        let disk = Disk::start(recordings.clone(), session.clone())?;
        if tidies {
            disk.send(Work::Tidy);
        }
        let (entries, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || Loop { recordings, session, disk, open: HashMap::new(), next_sync: None }.run(&inbox))
            .map_err(|error| no_thread(&error))?;
        Ok(Self { entries, thread: Some(thread) })
    }

    /// For those who write.
    pub(crate) fn sender(&self) -> Sender<Entry> {
        self.entries.clone()
    }

    pub(crate) fn begin(to: &Sender<Entry>, utterance: UtteranceId) {
        let _ = to.send(Entry::Begin(utterance));
    }

    pub(crate) fn microphone(to: &Sender<Entry>, utterance: UtteranceId, name: &str) {
        let _ = to.send(Entry::Microphone(utterance, name.to_owned()));
    }

    pub(crate) fn append(to: &Sender<Entry>, utterance: UtteranceId, position: u64, samples: &[f32]) {
        if to.len() < MOST_WAITING {
            let _ = to.send(Entry::Append { utterance, position, samples: samples.to_vec(), at: Instant::now() });
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        let _ = self.entries.send(Entry::End);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn no_thread(error: &std::io::Error) -> Error {
    Error::new(
        ErrorKind::Internal,
        format!("A thread could not be started ({error}). Close other programs and try again."),
    )
}

/// A recording that is being made.
struct Open {
    recording: Recording,
    /// Whether something was written that the disk may not have yet.
    unsynced: bool,
    /// When the disk refused something last.
    refused: Option<Instant>,
    /// Whether the user was told that it did.
    told: bool,
    /// Whether the user was told that no more of it can wait in memory.
    told_full: bool,
    /// When the oldest sound arrived that is not written.
    oldest: Option<Instant>,
    /// The longest that sound has waited to be written.
    behind: Duration,
}

impl Open {
    fn new(recording: Recording) -> Self {
        Self {
            recording,
            unsynced: false,
            refused: None,
            told: false,
            told_full: false,
            oldest: None,
            behind: Duration::ZERO,
        }
    }

    /// Writes what waits, unless the disk has just refused it. Gives what the user should know.
    fn write(&mut self) -> Option<Error> {
        if self.recording.waiting() == 0 || self.refused.is_some_and(|at| at.elapsed() < EVERY) {
            return None;
        }
        let is_full = self.recording.is_full();
        match self.recording.flush() {
            Ok(made_anew) => {
                self.refused = None;
                self.unsynced = true;
                if let Some(oldest) = self.oldest.take() {
                    self.behind = self.behind.max(oldest.elapsed());
                }
                made_anew.then(|| {
                    Error::new(
                        ErrorKind::Storage,
                        "The folder of recordings was removed during a dictation. Tawk has made it anew, and nothing of \
                         the dictation is lost.",
                    )
                })
            }
            Err(error) => {
                // The dictation goes on; what was written stays and the rest is tried again.
                self.refused = Some(Instant::now());
                if is_full && !std::mem::replace(&mut self.told_full, true) {
                    return Some(full(&error));
                }
                (!std::mem::replace(&mut self.told, true)).then(|| in_memory(&error))
            }
        }
    }
}

/// Says besides what the disk refuses that nothing is lost by it.
fn in_memory(error: &Error) -> Error {
    Error::new(
        error.kind,
        format!(
            "{} The dictation goes on in memory, is typed as usual, and is written as soon as the disk takes it.",
            error.message
        ),
    )
}

/// Says that from now on sound is lost once it was recognised.
fn full(error: &Error) -> Error {
    Error::new(
        error.kind,
        format!(
            "{} No more of the recording can wait in memory: what is said from now on is typed, and not recorded. Make room on \
             the disk.",
            error.message
        ),
    )
}

struct Loop {
    recordings: Recordings,
    session: Sender<Message>,
    disk: Disk,
    open: HashMap<UtteranceId, Open>,
    /// When the disk may be asked again; `None` while nothing is written.
    next_sync: Option<Instant>,
}

impl Loop {
    fn run(mut self, inbox: &Receiver<Entry>) {
        loop {
            let first = match self.next_sync {
                Some(due) => inbox.recv_deadline(due),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let entries = match first {
                Ok(entry) => std::iter::once(entry).chain(inbox.try_iter().take(AT_ONCE)),
                Err(RecvTimeoutError::Timeout) => {
                    self.write();
                    self.sync();
                    continue;
                }
                Err(RecvTimeoutError::Disconnected) => return,
            };
            for entry in entries {
                if matches!(entry, Entry::End) {
                    // What nobody has decided about stays, and is offered at the next start.
                    self.write();
                    return;
                }
                self.take(entry);
            }
            self.write();
            self.sync();
        }
    }

    fn take(&mut self, entry: Entry) {
        match entry {
            Entry::Begin(utterance) => drop(self.open(utterance)),
            Entry::App(utterance, name) => self.open(utterance).recording.set_app(&name),
            Entry::Microphone(utterance, name) => self.open(utterance).recording.set_microphone(&name),
            Entry::Append { utterance, position, samples, at } => {
                if let Some(open) = self.open.get_mut(&utterance) {
                    open.recording.append(position, &samples);
                    open.oldest.get_or_insert(at);
                }
            }
            Entry::Text(utterance, text) => {
                if let Some(open) = self.open.get_mut(&utterance) {
                    open.recording.append_text(&text);
                }
            }
            Entry::Keep(utterance, fate) => self.close(utterance, Some(fate)),
            Entry::Discard(utterance) => self.close(utterance, None),
            Entry::Revise(utterance, fate) => self.disk.send(Work::Revise(utterance, fate)),
            Entry::Flush(done) => {
                self.write();
                self.disk.send(Work::Flush(done));
            }
            Entry::End => {}
        }
    }

    /// The recording of an utterance, which begins now if nothing was heard of it before.
    fn open(&mut self, utterance: UtteranceId) -> &mut Open {
        self.open.entry(utterance).or_insert_with(|| Open::new(self.recordings.start(SystemTime::now())))
    }

    fn close(&mut self, utterance: UtteranceId, fate: Option<Fate>) {
        let Some(open) = self.open.remove(&utterance) else { return };
        let fate = fate.filter(|_| open.recording.samples() > 0);
        tracing::info!(%utterance, fate = fate.map(Fate::word), behind_ms = open.behind.as_millis(), "recording over");
        self.disk.send(Work::End(utterance, Box::new(open.recording), fate));
    }

    fn write(&mut self) {
        for open in self.open.values_mut() {
            if let Some(error) = open.write() {
                let _ = self.session.send(Message::Report(error));
            }
            if open.unsynced || open.refused.is_some() {
                self.next_sync.get_or_insert_with(Instant::now);
            }
        }
    }

    /// Asks the disk to make sure of what was written, unless it is still busy with the time before.
    fn sync(&mut self) {
        let now = Instant::now();
        if self.next_sync.is_none_or(|due| now < due) {
            return;
        }
        for open in self.open.values_mut().filter(|open| open.unsynced) {
            if let Some(sync) = open.recording.sync()
                && self.disk.sync(sync)
            {
                open.unsynced = false;
            }
        }
        let pending = self.open.values().any(|open| open.unsynced || open.refused.is_some());
        // Also after the last one: the next comes no earlier.
        self.next_sync = (pending || !self.open.is_empty()).then_some(now + EVERY);
    }
}

//! The threads that wait for the disk itself: `disk` keeps and removes recordings, `sync` makes sure of the one that is being
//! made. Keeping an hour takes seconds, and a power cut may come in them.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_core::session::UtteranceId;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::journal::Fate;
use tawk_store::recording::Sync;
use tawk_store::{Recording, Recordings};

use super::no_thread;
use super::unkept::Unkept;
use crate::message::Message;

/// So many dictations back a cancelling may still be undone.
const STILL_OPEN: u64 = 32;

/// Asked of the disk.
pub(super) enum Work {
    /// Keep a recording, or (without a fate) remove it.
    End(UtteranceId, Box<Recording>, Option<Fate>),
    /// Give a recording that was kept another fate, or (without one) remove it.
    Revise(UtteranceId, Option<Fate>),
    /// See to what earlier runs have left behind.
    Tidy,
    /// Answer when everything before is done.
    Flush(Sender<()>),
}

/// The running threads. Dropping this finishes what was asked.
pub(super) struct Disk {
    work: Option<Sender<Work>>,
    syncs: Option<Sender<Sync>>,
    /// Whether a sync is asked for or under way.
    is_syncing: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Disk {
    pub(super) fn start(recordings: Recordings, session: Sender<Message>) -> Result<Self> {
        let (work, inbox) = unbounded();
        let (syncs, wanted) = unbounded();
        let is_syncing = Arc::new(AtomicBool::new(false));
        let (busy, reports) = (Arc::clone(&is_syncing), session.clone());
        let desk = Desk { recordings, session, unkept: Unkept::default(), places: HashMap::new() };
        let start = |name: &str, run: Box<dyn FnOnce() + Send>| {
            thread::Builder::new().name(name.into()).spawn(run).map_err(|error| no_thread(&error))
        };
        let mut this = Self { work: Some(work), syncs: Some(syncs), is_syncing, threads: Vec::new() };
        this.threads.push(start("disk", Box::new(move || desk.run(&inbox)))?);
        this.threads.push(start("sync", Box::new(move || sync(&wanted, &busy, &reports)))?);
        Ok(this)
    }

    pub(super) fn send(&self, work: Work) {
        if let Some(to) = &self.work {
            let _ = to.send(work);
        }
    }

    /// Asks for a sync unless one is under way; says whether it did. So they never queue up behind a slow disk.
    pub(super) fn sync(&self, sync: Sync) -> bool {
        let free = !self.is_syncing.swap(true, Ordering::AcqRel);
        if let (true, Some(to)) = (free, &self.syncs) {
            let _ = to.send(sync);
        }
        free
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        (self.work, self.syncs) = (None, None);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

/// Waits for one sync after the other. A failure is told once until one succeeds.
fn sync(wanted: &Receiver<Sync>, is_busy: &AtomicBool, session: &Sender<Message>) {
    let mut is_told = false;
    for sync in wanted {
        let failure = sync.wait().err();
        is_busy.store(false, Ordering::Release);
        let is_known = std::mem::replace(&mut is_told, failure.is_some());
        if let (Some(error), false) = (failure, is_known) {
            let _ = session.send(Message::Report(error));
        }
    }
}

struct Desk {
    recordings: Recordings,
    session: Sender<Message>,
    /// What the disk did not take.
    unkept: Unkept,
    /// Where the last recordings were kept.
    places: HashMap<UtteranceId, PathBuf>,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Work>) {
        loop {
            let work = match self.unkept.due() {
                Some(due) => inbox.recv_deadline(due),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match work {
                Ok(work) => self.take(work),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if self.unkept.due().is_some_and(|due| due <= Instant::now()) {
                self.try_again();
            }
        }
        // For the last time. What is on the disk of the rest is offered at the next start.
        self.try_again();
    }

    fn take(&mut self, work: Work) {
        match work {
            Work::End(utterance, recording, fate) => self.end(utterance, *recording, fate),
            Work::Revise(utterance, fate) => self.revise(utterance, fate),
            Work::Tidy => self.tidy(),
            Work::Flush(done) => {
                let _ = done.send(());
            }
        }
    }

    fn end(&mut self, utterance: UtteranceId, mut recording: Recording, fate: Option<Fate>) {
        let Some(fate) = fate else {
            if let Err(error) = recording.discard() {
                self.complain(error);
            }
            return;
        };
        match recording.seal(fate) {
            Ok(path) => {
                self.kept(utterance, path);
                // There is room again.
                self.try_again();
            }
            Err(error) => {
                self.complain(in_memory(&error, &recording, fate));
                let gone = self.unkept.add(utterance, recording, fate);
                if gone > 0 {
                    tracing::warn!(gone, "recordings that the disk did not take have given way to a newer one");
                    self.complain(given_way());
                    self.count();
                }
            }
        }
    }

    fn revise(&mut self, utterance: UtteranceId, fate: Option<Fate>) {
        if let Some(recording) = self.unkept.take(utterance) {
            return self.end(utterance, recording, fate);
        }
        let Some(path) = self.places.remove(&utterance) else { return };
        let renamed = match fate {
            Some(fate) => self.recordings.rename(&path, fate),
            None => self.recordings.remove(&path).map(|()| None),
        };
        match renamed {
            Ok(Some(path)) => self.kept(utterance, path),
            Ok(None) => {}
            Err(error) => self.complain(error),
        }
    }

    fn kept(&mut self, utterance: UtteranceId, path: PathBuf) {
        self.places.retain(|other, _| other.0 + STILL_OPEN > utterance.0);
        self.places.insert(utterance, path.clone());
        self.tell(Message::Kept { utterance, path });
    }

    fn try_again(&mut self) {
        for (utterance, path) in self.unkept.try_again() {
            tracing::info!(%utterance, "kept after all");
            self.kept(utterance, path);
        }
    }

    fn tidy(&self) {
        match self.recordings.finish_interrupted() {
            Ok(finished) => {
                if finished.kept > 0 {
                    tracing::info!(kept = finished.kept, "recordings kept whose keeping was interrupted");
                }
                finished.notices.into_iter().for_each(|notice| self.complain(notice));
            }
            Err(error) => tracing::warn!("the recordings of earlier runs stay as they are: {error}"),
        }
        self.tell(Message::Tidied);
        self.count();
    }

    fn count(&self) {
        if let Ok(count) = self.recordings.count_unfinished() {
            self.tell(Message::Recoverable(count));
        }
    }

    fn complain(&self, error: Error) {
        self.tell(Message::Report(error));
    }

    fn tell(&self, message: Message) {
        let _ = self.session.send(message);
    }
}

/// Says where a recording is that the disk did not take.
fn in_memory(error: &Error, recording: &Recording, fate: Fate) -> Error {
    let place = match recording.path() {
        Some(path) => format!("in memory, its beginning in {}", path.display()),
        None => "in memory".into(),
    };
    let next = match fate {
        Fate::Delivered => format!("The text has arrived. Until the disk takes it, the recording is {place}."),
        Fate::Kept(_) => format!("Until the disk takes it, the recording is {place}: do not quit Tawk."),
    };
    Error::new(error.kind, format!("{} {next}", error.message))
}

/// Says that memory is not enough for all that the disk does not take.
fn given_way() -> Error {
    Error::new(
        ErrorKind::Storage,
        "The disk has taken nothing for so long that the oldest recording in memory had to give way. What of it was written \
         before can be recovered in Tawk's menu. Make room on the disk now.",
    )
}

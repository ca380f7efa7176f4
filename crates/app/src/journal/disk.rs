//! The `disk` thread: all of a recording's life that waits for the disk itself.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::session::UtteranceId;
use tawk_core::{Error, Result};
use tawk_store::journal::Fate;
use tawk_store::recording::Sync;
use tawk_store::{Recording, Recordings};

use super::no_thread;
use crate::message::Message;

/// Asked of the disk.
pub(super) enum Work {
    /// Make sure of what was written.
    Sync(Sync),
    /// Keep a recording, or (without a fate) remove it.
    End(UtteranceId, Recording, Option<Fate>),
    /// See to what earlier runs have left behind.
    Tidy,
    /// Answer when everything before is done.
    Flush(Sender<()>),
}

/// The running disk thread. Dropping it finishes what was asked.
pub(super) struct Disk {
    work: Option<Sender<Work>>,
    /// Whether a sync is asked for or under way.
    syncs: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Disk {
    pub(super) fn start(recordings: Recordings, session: Sender<Message>) -> Result<Self> {
        let (work, inbox) = unbounded();
        let syncs = Arc::new(AtomicBool::new(false));
        let desk = Desk { recordings, session, syncs: Arc::clone(&syncs), told: false };
        let thread = thread::Builder::new()
            .name("disk".into())
            .spawn(move || desk.run(&inbox))
            .map_err(|error| no_thread(&error))?;
        Ok(Self { work: Some(work), syncs, thread: Some(thread) })
    }

    pub(super) fn send(&self, work: Work) {
        if let Some(to) = &self.work {
            let _ = to.send(work);
        }
    }

    /// Asks for a sync unless one is under way; says whether it did. So they never queue up behind a slow disk.
    pub(super) fn sync(&self, sync: Sync) -> bool {
        let free = !self.syncs.swap(true, Ordering::AcqRel);
        if free {
            self.send(Work::Sync(sync));
        }
        free
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.work = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    recordings: Recordings,
    session: Sender<Message>,
    syncs: Arc<AtomicBool>,
    /// Whether the user was told that a sync failed, since one succeeded.
    told: bool,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Work>) {
        for work in inbox {
            match work {
                Work::Sync(sync) => {
                    let result = sync.wait();
                    self.syncs.store(false, Ordering::Release);
                    let failed = result.is_err();
                    if let Err(error) = result
                        && !self.told
                    {
                        self.complain(error);
                    }
                    self.told = failed;
                }
                Work::End(utterance, recording, fate) => self.end(utterance, recording, fate),
                Work::Tidy => self.tidy(),
                Work::Flush(done) => {
                    let _ = done.send(());
                }
            }
        }
    }

    fn end(&self, utterance: UtteranceId, recording: Recording, fate: Option<Fate>) {
        let Some(fate) = fate else {
            if let Err(error) = recording.discard() {
                self.complain(error);
            }
            return;
        };
        match recording.seal(fate) {
            Ok(path) => {
                if let Err(error) = self.recordings.prune(SystemTime::now(), Some(&path)) {
                    self.complain(error);
                }
                self.tell(Message::Kept { utterance, path });
            }
            Err(error) => {
                self.complain(error);
                self.count();
            }
        }
    }

    fn tidy(&self) {
        let done = self.recordings.finish_interrupted().and_then(|finished| {
            if finished > 0 {
                tracing::info!(finished, "recordings kept whose keeping was interrupted");
            }
            self.recordings.prune(SystemTime::now(), None)
        });
        if let Err(error) = done {
            tracing::warn!("the recordings of earlier runs stay as they are: {error}");
        }
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

//! The `journal` thread: writes recordings to disk while they are made, and removes or keeps them in the end.

use std::collections::HashMap;
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::session::{KeepReason, UtteranceId};
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::{Recording, Recordings};

use crate::message::Message;

/// Something to write.
pub(crate) enum Entry {
    Begin(UtteranceId),
    Append(UtteranceId, Vec<f32>),
    Keep(UtteranceId, KeepReason),
    Discard(UtteranceId),
    Flush(Sender<()>),
}

/// The running journal thread. It ends, with everything written, when this and all senders are gone.
pub(crate) struct Journal {
    entries: Option<Sender<Entry>>,
    thread: Option<JoinHandle<()>>,
}

impl Journal {
    pub(crate) fn start(recordings: Recordings, session: Sender<Message>) -> Result<Self> {
        let (entries, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("journal".into())
            .spawn(move || Loop { recordings, session, open: HashMap::new() }.run(&inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { entries: Some(entries), thread: Some(thread) })
    }

    /// For those who write.
    pub(crate) fn sender(&self) -> Sender<Entry> {
        self.entries.clone().unwrap_or_else(|| unbounded().0)
    }

    pub(crate) fn begin(to: &Sender<Entry>, utterance: UtteranceId) {
        let _ = to.send(Entry::Begin(utterance));
    }

    pub(crate) fn append(to: &Sender<Entry>, utterance: UtteranceId, samples: &[f32]) {
        let _ = to.send(Entry::Append(utterance, samples.to_vec()));
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.entries = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Loop {
    recordings: Recordings,
    session: Sender<Message>,
    open: HashMap<UtteranceId, Recording>,
}

impl Loop {
    fn run(mut self, inbox: &Receiver<Entry>) {
        for entry in inbox {
            match entry {
                Entry::Begin(utterance) => match self.recordings.start(SystemTime::now()) {
                    Ok(recording) => {
                        self.open.insert(utterance, recording);
                    }
                    Err(error) => self.complain(error),
                },
                Entry::Append(utterance, samples) => {
                    if let Some(recording) = self.open.get_mut(&utterance)
                        && let Err(error) = recording.append(&samples)
                    {
                        // What is on disk stays; the dictation goes on without the rest of the recording.
                        if let Some(recording) = self.open.remove(&utterance) {
                            let _ = recording.keep(KeepReason::Failed);
                        }
                        self.complain(error);
                    }
                }
                Entry::Keep(utterance, reason) => self.close(utterance, |recording, recordings| {
                    if recording.samples() == 0 {
                        return recording.discard();
                    }
                    tracing::info!(%utterance, reason = reason.word(), "recording kept");
                    recording.keep(reason)?;
                    recordings.prune(SystemTime::now()).map(drop)
                }),
                Entry::Discard(utterance) => self.close(utterance, |recording, _| recording.discard()),
                Entry::Flush(done) => {
                    let _ = done.send(());
                }
            }
        }
        // Whoever quits before the first sample leaves no empty file behind.
        for (_, recording) in self.open.drain().filter(|(_, recording)| recording.samples() == 0) {
            let _ = recording.discard();
        }
    }

    fn close(&mut self, utterance: UtteranceId, how: impl FnOnce(Recording, &Recordings) -> Result<()>) {
        if let Some(recording) = self.open.remove(&utterance)
            && let Err(error) = how(recording, &self.recordings)
        {
            self.complain(error);
        }
    }

    fn complain(&self, error: Error) {
        let _ = self.session.send(Message::Report(error));
    }
}

//! The `history` thread: remembers dictations once they are over, never on their way. It runs in the app only.

mod asking;
mod late;
mod spoken;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::SystemTime;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, unbounded};
use tawk_core::session::{KeepReason, UtteranceId};
use tawk_core::settings::HistorySettings;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::History;
use tawk_store::history::{Dictation, Earlier, Limits, Remembered};

use crate::message::Message;
use crate::shared::Shared;
use late::Late;
pub(crate) use spoken::{Spoken, withheld_texts};

/// So many dictations back a recording may still be told.
const STILL_OPEN: u64 = 32;

/// What is said at the start after a dictation was not over when Tawk was quit.
const CUT_SHORT: &str = "Your last dictation was cut short when Tawk was quit. History in Tawk's settings has its recording: \
                         Recognise Again gives the whole text.";

/// Something to remember.
enum Note {
    /// A dictation that is over; once more when its cancelling was undone.
    Over(UtteranceId, Box<Dictation>),
    /// Where its recording lies. It may come before or after [`Note::Over`], and again after an undo.
    Audio(UtteranceId, PathBuf),
    /// Recordings of earlier runs may lack their dictations.
    Adopt,
}

/// The running history thread. Dropping it writes everything that was sent before and ends it.
pub(crate) struct Remembering {
    notes: Option<Sender<Note>>,
    thread: Option<JoinHandle<()>>,
}

impl Remembering {
    /// Starts the thread.
    pub(crate) fn start(shared: Arc<Shared>) -> Result<Self> {
        let (notes, inbox) = unbounded();
        let history = History::new(&shared.folders);
        let earlier = history.earlier();
        let desk =
            Desk { shared, history, earlier, numbers: HashMap::new(), waiting: HashMap::new(), late: Late::default() };
        let thread =
            thread::Builder::new().name("history".into()).spawn(move || desk.run(&inbox)).map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { notes: Some(notes), thread: Some(thread) })
    }

    /// None: nothing is remembered.
    pub(crate) fn none() -> Self {
        Self { notes: None, thread: None }
    }

    /// Whether the recordings of delivered texts are to be kept.
    pub(crate) fn wants_audio(&self, settings: &HistorySettings) -> bool {
        self.notes.is_some() && settings.enabled && settings.audio
    }

    /// Remembers a dictation, if the settings want it and there is something to remember.
    pub(crate) fn over(&self, utterance: UtteranceId, dictation: Option<Dictation>) {
        if let Some(dictation) = dictation {
            self.send(Note::Over(utterance, Box::new(dictation)));
        }
    }

    /// A dictation's recording was kept there.
    pub(crate) fn audio(&self, utterance: UtteranceId, path: PathBuf) {
        self.send(Note::Audio(utterance, path));
    }

    /// Looks for recordings of earlier runs that belong to no dictation.
    pub(crate) fn adopt(&self) {
        self.send(Note::Adopt);
    }

    fn send(&self, note: Note) {
        if let Some(notes) = &self.notes {
            let _ = notes.send(note);
        }
    }
}

impl Drop for Remembering {
    fn drop(&mut self) {
        self.notes = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

struct Desk {
    shared: Arc<Shared>,
    history: History,
    /// What there was before this run.
    earlier: Earlier,
    /// The numbers of the last dictations: their recordings, and what becomes of them, may still be told.
    numbers: HashMap<UtteranceId, i64>,
    /// Recordings whose dictations have not been told yet.
    waiting: HashMap<UtteranceId, PathBuf>,
    /// Dictations that the disk has not taken yet.
    late: Late,
}

impl Desk {
    fn run(mut self, inbox: &Receiver<Note>) {
        self.recall();
        self.prune();
        loop {
            let note = match self.late.due() {
                Some(due) => inbox.recv_deadline(due),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            let note_is_new = note.is_ok();
            let done = match note {
                Ok(Note::Over(utterance, dictation)) => {
                    self.late.push(utterance, *dictation);
                    Ok(())
                }
                Ok(Note::Audio(utterance, path)) => self.audio(utterance, path),
                Ok(Note::Adopt) => self.adopt(),
                Err(RecvTimeoutError::Timeout) => Ok(()),
                Err(RecvTimeoutError::Disconnected) => break,
            };
            if let Err(error) = done {
                self.shared.send(Message::Report(error));
            }
            // One that was told when it was refused first is not told again.
            if let Err(error) = self.add_all()
                && note_is_new
            {
                self.shared.send(Message::Unremembered(error));
            }
            self.prune();
            self.shared.listener.history_changed();
        }
        if let Err(error) = self.add_all() {
            tracing::warn!("dictations are not remembered: {error}");
        }
    }

    /// The last text from before this start, and whether quitting cut it short.
    fn recall(&self) {
        if !self.shared.settings().history.enabled {
            return;
        }
        let last = self.history.list(None, 1).map(|mut found| found.pop());
        if let Ok(Some(Remembered { dictation, first_text: None, .. })) = &last
            && dictation.fate == KeepReason::Quit.word()
            && dictation.audio.is_some()
        {
            self.shared.send(Message::Notice(CUT_SHORT.into()));
        }
        match last {
            Ok(Some(last)) if !last.dictation.text.is_empty() => {
                let what = last.dictation.untyped.unwrap_or(last.dictation.text);
                self.shared.send(Message::LastText(Some(what)));
            }
            Ok(_) => {}
            Err(error) => self.shared.send(Message::Report(error)),
        }
    }

    /// Adds what waits, in order. What the disk refuses goes on waiting.
    fn add_all(&mut self) -> Result<()> {
        while let Some((utterance, mut dictation)) = self.late.pop() {
            if let Err(error) = self.add(utterance, &mut dictation) {
                return Err(self.late.refused(utterance, dictation, &error));
            }
        }
        Ok(())
    }

    fn add(&mut self, utterance: UtteranceId, dictation: &mut Dictation) -> Result<()> {
        if !self.shared.settings().history.enabled {
            return Ok(());
        }
        if let Some(&id) = self.numbers.get(&utterance) {
            match self.history.complete(id, dictation) {
                // Deleted in the meantime, and wanted after all.
                Err(error) if error.kind == ErrorKind::NotFound => {}
                done => return done,
            }
        }
        dictation.audio = dictation.audio.take().or_else(|| self.waiting.remove(&utterance));
        let id = self.history.add(dictation)?;
        self.numbers.insert(utterance, id);
        self.numbers.retain(|other, _| other.0 + STILL_OPEN > utterance.0);
        self.waiting.retain(|other, _| other.0 + STILL_OPEN > utterance.0);
        Ok(())
    }

    fn audio(&mut self, utterance: UtteranceId, path: PathBuf) -> Result<()> {
        let Some(&id) = self.numbers.get(&utterance) else {
            self.waiting.insert(utterance, path);
            return Ok(());
        };
        match self.history.set_audio(id, &path) {
            // Deleted in the meantime: then the recording is not wanted either, unless its text did not arrive.
            Err(error) if error.kind == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn adopt(&self) -> Result<()> {
        if !self.shared.settings().history.enabled {
            return Ok(());
        }
        let adopted = self.history.adopt(&self.earlier)?;
        if adopted > 0 {
            tracing::info!(adopted, "recordings of earlier runs that were not in the history");
        }
        Ok(())
    }

    fn prune(&self) {
        let settings = self.shared.settings().history.clone();
        if !settings.enabled
            && let Err(error) = self.history.pass_over()
        {
            tracing::warn!("recordings may be remembered although the history was off: {error}");
        }
        let limits = Limits::from(&settings);
        if let Err(error) = self.history.prune(limits, SystemTime::now()) {
            tracing::warn!("old dictations were not removed: {error}");
        }
        if let Some(notice) = self.history.notice() {
            self.shared.send(Message::Report(notice));
        }
    }
}

//! Recognising a remembered recording again: on a thread of its own, `again`, that lasts as long as that takes. It has a model
//! of its own; the one that dictations use stays theirs.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::History;

use crate::message::Message;
use crate::recogniser::END_BOUND;
use crate::shared::{Shared, locked};
use crate::transcribe::Transcriptionist;

/// A recognition under way.
pub(crate) struct Again {
    abort: AbortSwitch,
    thread: JoinHandle<()>,
}

/// Recognises a dictation's recording again with `model`, an id or a path. The status says while it goes on.
///
/// # Errors
/// `Usage` while another is recognised.
pub(crate) fn start(shared: &Arc<Shared>, dictation: i64, model: String) -> Result<()> {
    let mut slot = locked(&shared.again);
    if slot.as_ref().is_some_and(|again| !again.thread.is_finished()) {
        let message = "A recording is being recognised already. Wait until its text is there.";
        return Err(Error::new(ErrorKind::Usage, message));
    }
    let abort = AbortSwitch::default();
    let (theirs, switch) = (Arc::clone(shared), abort.clone());
    let thread = thread::Builder::new().name("again".into()).spawn(move || {
        theirs.tell_again(Some(dictation));
        let work = AssertUnwindSafe(|| recognise(&theirs, dictation, &model, &switch));
        let done = panic::catch_unwind(work)
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::Internal, "The recogniser broke down. Try again.")));
        theirs.tell_again(None);
        match done {
            Ok(()) => theirs.listener.history_changed(),
            Err(error) if error.kind == ErrorKind::Aborted => {}
            Err(error) => theirs.send(Message::Report(error)),
        }
    });
    let thread = thread.map_err(|error| {
        let message = format!("A thread could not be started ({error}). Close other programs and try again.");
        Error::new(ErrorKind::Internal, message)
    })?;
    *slot = Some(Again { abort, thread });
    Ok(())
}

fn recognise(shared: &Shared, dictation: i64, model: &str, abort: &AbortSwitch) -> Result<()> {
    let history = History::new(&shared.folders);
    let transcribers = shared.transcribers.as_ref();
    let mut transcriptionist =
        Transcriptionist::load(&shared.folders, transcribers, &shared.settings(), Some(model), &mut |_| {})?;
    let done = transcriptionist.recognise_again(&history, dictation, abort);
    if let Some(notice) = history.notice() {
        shared.send(Message::Report(notice));
    }
    done
}

/// Stops what is being recognised, if anything, and waits for its end: a process that ends while whisper.cpp computes takes
/// its threads' memory away from under them.
pub(crate) fn end(shared: &Shared) {
    let Some(again) = locked(&shared.again).take() else { return };
    again.abort.abort();
    let bound = Instant::now() + END_BOUND;
    while !again.thread.is_finished() && Instant::now() < bound {
        thread::sleep(Duration::from_millis(5));
    }
}

impl Shared {
    /// Brings what is being recognised again into the status.
    fn tell_again(&self, dictation: Option<i64>) {
        let mut status = locked(&self.status);
        status.recognising_again = dictation;
        let told = status.clone();
        drop(status);
        self.listener.status_changed(&told);
    }
}

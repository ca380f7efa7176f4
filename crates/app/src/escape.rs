//! The `escape` thread: takes the keys that cancel while Tawk listens, and gives them back to the apps afterwards.
//!
//! A thread of its own, because taking a key asks the display or the main thread, for which the session must not wait.

use std::sync::Arc;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::hotkey::Hotkey;
use tawk_core::ports::{Hotkeys, KeyEdge, Registration};
use tawk_core::{Error, ErrorKind, Result};

use crate::message::Message;

/// The running thread. It is not waited for at the end; what it has taken is given back.
pub(crate) struct Escape {
    wanted: Sender<Vec<Hotkey>>,
    last: Vec<Hotkey>,
    _thread: JoinHandle<()>,
}

impl Escape {
    pub(crate) fn start(hotkeys: Arc<dyn Hotkeys>, session: Sender<Message>) -> Result<Self> {
        let (wanted, inbox) = unbounded();
        let thread = thread::Builder::new()
            .name("escape".into())
            .spawn(move || run(hotkeys.as_ref(), &session, &inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { wanted, last: Vec::new(), _thread: thread })
    }

    /// Takes these keys and no others.
    pub(crate) fn take(&mut self, keys: Vec<Hotkey>) {
        if self.last != keys {
            let _ = self.wanted.send(keys.clone());
            self.last = keys;
        }
    }
}

fn run(hotkeys: &dyn Hotkeys, session: &Sender<Message>, inbox: &Receiver<Vec<Hotkey>>) {
    let mut taken: Vec<(Hotkey, Box<dyn Registration>)> = Vec::new();
    while let Ok(first) = inbox.recv() {
        // Only the last wish counts.
        let wanted = inbox.try_iter().last().unwrap_or(first);
        taken.retain(|(key, _)| wanted.contains(key));
        for key in wanted {
            if taken.iter().any(|(other, _)| *other == key) {
                continue;
            }
            let session = session.clone();
            let listener = move |edge, _| {
                if edge == KeyEdge::Down {
                    let _ = session.send(Message::CancelKey);
                }
            };
            match hotkeys.register(&key, Box::new(listener)) {
                Ok(registration) => taken.push((key, registration)),
                // Another program has it. The menu and the command cancel as well.
                Err(error) => tracing::debug!(%key, code = error.kind.code(), "the key does not cancel: {error}"),
            }
        }
    }
}

//! The `notices` thread: tells the user outside any window. A desktop that is slow to take it holds up nobody.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Sender, unbounded};
use tawk_core::ports::Notifications;
use tawk_core::{Error, ErrorKind, Result};

use crate::shared::Shared;

/// What has been told, so that one failure is told once. The thread ends when this is dropped, and is not waited for.
pub(crate) struct Notices {
    messages: Sender<String>,
    last: Option<String>,
    told_dictation: bool,
    told_storage: bool,
}

impl Notices {
    pub(crate) fn start(notifications: Arc<dyn Notifications>) -> Result<Self> {
        let (messages, inbox) = unbounded::<String>();
        let show = move || {
            for message in inbox {
                // The tray shows it too.
                if let Err(error) = notifications.show(&message) {
                    tracing::info!("not notified: {error}");
                }
            }
        };
        thread::Builder::new().name("notices".into()).spawn(show).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("A thread could not be started ({error}). Close other programs and try again."),
            )
        })?;
        Ok(Self { messages, last: None, told_dictation: false, told_storage: false })
    }

    /// A dictation begins: what goes wrong from now on is new.
    pub(crate) fn begun(&mut self) {
        (self.last, self.told_dictation, self.told_storage) = (None, false, false);
    }

    /// What was wrong outside any dictation is not any more.
    pub(crate) fn mended(&mut self) {
        (self.last, self.told_storage) = (None, false);
    }

    /// A dictation fails. One failure may have several consequences; the first is told.
    pub(crate) fn dictation(&mut self, shared: &Shared, error: &Error) {
        if !std::mem::replace(&mut self.told_dictation, true) {
            self.tell(shared, error);
        }
    }

    /// A dictation asks something. What comes of it is told as well.
    pub(crate) fn question(&mut self, shared: &Shared, question: &Error) {
        self.tell(shared, question);
    }

    /// Something fails outside any dictation. A disk that takes nothing refuses the recording, its keeping and the history;
    /// the first is told.
    pub(crate) fn outside(&mut self, shared: &Shared, error: &Error) {
        let is_consequence = error.kind == ErrorKind::Storage && std::mem::replace(&mut self.told_storage, true);
        if !is_consequence && self.last.as_ref() != Some(&error.message) {
            self.tell(shared, error);
        }
    }

    /// Commands tell on the terminal, and a window that is open shows it.
    fn tell(&mut self, shared: &Shared, error: &Error) {
        self.last = Some(error.message.clone());
        let is_app = shared.listens_to_hotkey;
        if is_app && shared.settings().notifications.enabled && !shared.listener.window_is_open() {
            let _ = self.messages.send(error.message.clone());
        }
    }
}

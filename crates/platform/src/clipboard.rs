//! The system's clipboard.

use std::sync::{Mutex, PoisonError};

use tawk_core::ports::Clipboard;
use tawk_core::{Error, ErrorKind, Result};

/// The clipboard, opened at first use and then kept: under X11 the text lives in the program that set it, and
/// is gone when that program lets go of the clipboard.
pub(crate) struct SystemClipboard {
    open: Mutex<Option<arboard::Clipboard>>,
}

impl SystemClipboard {
    pub(crate) fn new() -> Self {
        Self { open: Mutex::new(None) }
    }
}

impl Clipboard for SystemClipboard {
    fn set_text(&self, text: &str) -> Result<()> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(clipboard) = open.as_mut() {
            match clipboard.set_text(text) {
                Ok(()) => return Ok(()),
                // The display may have been restarted since: try once more with a new connection.
                Err(error) => tracing::debug!(%error, "the clipboard was lost"),
            }
            *open = None;
        }
        let mut clipboard = arboard::Clipboard::new().map_err(|error| unreachable(&error))?;
        clipboard.set_text(text).map_err(|error| refused(&error))?;
        *open = Some(clipboard);
        Ok(())
    }
}

fn unreachable(error: &arboard::Error) -> Error {
    let message =
        format!("There is no display whose clipboard Tawk could use ({error}). Run Tawk in a desktop session.");
    Error::new(ErrorKind::NoDisplay, message)
}

fn refused(error: &arboard::Error) -> Error {
    Error::new(ErrorKind::Internal, format!("The clipboard did not take the text ({error}). Try again in a moment."))
}

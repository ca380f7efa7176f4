//! Signals that end the program: what is being heard is kept first.

use std::thread;

use crossbeam_channel::Sender;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use tawk_core::{Error, ErrorKind, Result};

use crate::message::Message;

/// Sends [`Message::Shutdown`] when the program is asked to end. A file that grows beyond a limit gives an error where it is
/// written, as a full disk does, and does not end the program.
pub(crate) fn watch(session: Sender<Message>) -> Result<()> {
    let failed = |error| Error::new(ErrorKind::Internal, format!("Signals cannot be watched ({error}). Try again."));
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGXFSZ]).map_err(failed)?;
    thread::Builder::new()
        .name("signals".into())
        .spawn(move || {
            for signal in &mut signals {
                if signal == SIGXFSZ {
                    continue;
                }
                tracing::info!(signal, "asked to end");
                if session.send(Message::Shutdown).is_err() {
                    return;
                }
            }
        })
        .map_err(failed)?;
    Ok(())
}

//! The `awake` thread: keeps the machine from falling asleep for as long as a dictation lasts, and the system from slowing the
//! app down while it waits for one.
//!
//! Nobody waits for it: the system may be slow to answer, and a dictation begins without.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::ports::Wakefulness;
use tawk_core::{Error, ErrorKind, Result};

/// What the system's list of those who keep it awake shows.
const REASON: &str = "Dictation";

/// What the system is told of the app that waits.
const ATTENDS: &str = "Waiting for the hotkey";

/// The way to the thread. The thread ends, and sleep is allowed again, when this is dropped.
pub(crate) struct Awake {
    orders: Sender<bool>,
    wanted: bool,
}

impl Awake {
    /// `attends` is whether a hotkey is waited for as long as this lives.
    pub(crate) fn start(port: Arc<dyn Wakefulness>, attends: bool) -> Result<Self> {
        let (orders, inbox) = unbounded();
        thread::Builder::new().name("awake".into()).spawn(move || run(port.as_ref(), attends, &inbox)).map_err(
            |error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            },
        )?;
        Ok(Self { orders, wanted: false })
    }

    /// Whether a dictation is going on. Does not wait.
    pub(crate) fn set(&mut self, wanted: bool) {
        if self.wanted != wanted {
            self.wanted = wanted;
            // Without the thread the machine may sleep; nothing else is lost.
            let _ = self.orders.send(wanted);
        }
    }
}

fn run(port: &dyn Wakefulness, attends: bool, inbox: &Receiver<bool>) {
    let _attention = attends.then(|| port.attend(ATTENDS)).flatten();
    let mut hold = None;
    for order in inbox {
        // Only the last counts, when the system was slow.
        let wanted = inbox.try_iter().last().unwrap_or(order);
        if !wanted {
            hold = None;
        } else if hold.is_none() {
            hold = port.hold(REASON);
        }
    }
}

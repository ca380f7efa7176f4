//! The `awake` thread: keeps the machine from falling asleep for as long as a dictation lasts.
//!
//! Nobody waits for it: the system may be slow to answer, and a dictation begins without.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::ports::Wakefulness;
use tawk_core::{Error, ErrorKind, Result};

/// What the system's list of those who keep it awake shows.
const REASON: &str = "Dictation";

/// The way to the thread. The thread ends, and sleep is allowed again, when this is dropped.
pub(crate) struct Awake {
    orders: Sender<bool>,
    wanted: bool,
}

impl Awake {
    pub(crate) fn start(port: Arc<dyn Wakefulness>) -> Result<Self> {
        let (orders, inbox) = unbounded();
        thread::Builder::new().name("awake".into()).spawn(move || run(port.as_ref(), &inbox)).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("A thread could not be started ({error}). Close other programs and try again."),
            )
        })?;
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

fn run(port: &dyn Wakefulness, inbox: &Receiver<bool>) {
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

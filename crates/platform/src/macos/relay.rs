//! Carries events from the main thread, which must not work, to a listener on a thread of its own. Knows no system
//! call.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use crossbeam_channel::{Sender, unbounded};
use tawk_core::{Error, ErrorKind, Result};

/// Once this is dropped, the listener is not called again.
pub(crate) struct Listening(Arc<AtomicBool>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Release);
    }
}

/// Starts a thread called `name` that calls `listener` with everything that is sent. The thread ends when the
/// sender and all its clones are gone.
///
/// # Errors
/// `Internal` when the system gives no thread.
pub(crate) fn start<T: Send + 'static>(
    name: &str,
    listener: impl Fn(T) + Send + 'static,
) -> Result<(Sender<T>, Listening)> {
    let (sender, events) = unbounded();
    let listening = Listening(Arc::new(AtomicBool::new(true)));
    let open = Arc::clone(&listening.0);
    let deliver = move || {
        for event in events {
            if open.load(Ordering::Acquire) {
                listener(event);
            }
        }
    };
    thread::Builder::new().name(name.into()).spawn(deliver).map_err(|error| {
        Error::new(
            ErrorKind::Internal,
            format!("The system gave Tawk no thread: {error}. Close other programs and try again."),
        )
    })?;
    Ok((sender, listening))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const SOON: Duration = Duration::from_secs(10);

    #[test]
    fn events_arrive_in_order_on_the_named_thread() {
        let (heard, hears) = unbounded();
        let (sender, _listening) = start("relay-test", move |event: u32| {
            heard.send((event, thread::current().name().map(String::from))).unwrap();
        })
        .unwrap();
        for event in 0..3 {
            sender.send(event).unwrap();
        }
        for event in 0..3 {
            assert_eq!(hears.recv_timeout(SOON), Ok((event, Some("relay-test".into()))));
        }
    }

    #[test]
    fn nothing_is_delivered_after_the_end_and_the_thread_goes() {
        let (heard, hears) = unbounded();
        let (sender, listening) = start("relay-test", move |event: u32| heard.send(event).unwrap()).unwrap();
        drop(listening);
        sender.send(1).unwrap();
        drop(sender);
        // The listener owns `heard`: the thread has ended when that is gone, and it never sent.
        assert_eq!(hears.recv_timeout(SOON), Err(crossbeam_channel::RecvTimeoutError::Disconnected));
    }
}

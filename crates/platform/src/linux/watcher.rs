//! A thread that blocks on the events of its own connection until it is dropped.

use std::sync::Arc;
use std::thread::JoinHandle;

use tawk_core::ports::Registration;
use tawk_core::{Error, ErrorKind};
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{Atom, ClientMessageEvent, ConnectionExt as _, EventMask, Window};

use super::display::{Broken, Display};

/// What a [`Watcher`] does with events.
pub(super) trait Watch: Send + 'static {
    /// Takes one event.
    ///
    /// # Errors
    /// When the display is gone; the thread ends then.
    fn event(&mut self, display: &Display, event: Event) -> Result<(), Broken>;

    /// The display went away; nothing comes after this.
    fn display_lost(&mut self);
}

/// The thread. Dropping it ends the thread and waits for it, so that nothing is called afterwards; dropped on its own
/// thread, it ends once the present event is done.
pub(super) struct Watcher {
    display: Arc<Display>,
    window: Window,
    stop: Atom,
    thread: Option<JoinHandle<()>>,
}

impl Registration for Watcher {}

impl Watcher {
    /// Starts a thread called `name` that hands every event of `display` to `watch`.
    pub(super) fn start(name: &str, display: Display, watch: impl Watch) -> Result<Self, Error> {
        let window = display.create_hidden_window()?;
        let stop = display.atom("_TAWK_STOP")?;
        let display = Arc::new(display);
        let its_display = Arc::clone(&display);
        let thread = std::thread::Builder::new()
            .name(name.into())
            .spawn(move || run(&its_display, window, stop, watch))
            .map_err(|error| {
                let message = format!("The thread “{name}” cannot be started ({error}). Close other programs.");
                Error::new(ErrorKind::Internal, message)
            })?;
        Ok(Self { display, window, stop, thread: Some(thread) })
    }

    fn wake(&self) -> Result<(), Broken> {
        let message = ClientMessageEvent::new(32, self.window, self.stop, [0; 5]);
        self.display.conn.send_event(false, self.window, EventMask::NO_EVENT, message)?;
        self.display.conn.flush()?;
        Ok(())
    }
}

impl Drop for Watcher {
    fn drop(&mut self) {
        // If the message cannot be sent the connection is broken, and the thread has seen that too.
        let _ = self.wake();
        if let Some(thread) = self.thread.take()
            && thread.thread().id() != std::thread::current().id()
            && thread.join().is_err()
        {
            tracing::error!("a thread that waits for X11 events panicked");
        }
    }
}

fn run(display: &Display, window: Window, stop: Atom, mut watch: impl Watch) {
    loop {
        let event = match display.conn.wait_for_event() {
            Ok(Event::ClientMessage(message)) if message.window == window && message.type_ == stop => return,
            Ok(event) => event,
            Err(error) => {
                tracing::warn!(%error, "the display is gone");
                return watch.display_lost();
            }
        };
        if let Err(error) = watch.event(display, event) {
            tracing::warn!(%error, "the display is gone");
            return watch.display_lost();
        }
    }
}

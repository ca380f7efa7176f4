//! One Tawk types at a time: two that gave the spare keys different meanings at once would both write nonsense.

use std::time::{Duration, Instant};

use tawk_core::{Error, ErrorKind, Result};
use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{Atom, ConnectionExt as _, Window};

use super::display::{Broken, Display};

/// How long to wait for another Tawk to finish. A long text takes seconds, not minutes.
const PATIENCE: Duration = Duration::from_secs(10);

/// How often to look whether the other has finished.
const LOOK_EVERY: Duration = Duration::from_millis(10);

/// The selection that the Tawk that types owns.
pub(super) const SELECTION: &str = "_TAWK_TYPING";

/// The right to type. A selection of the display stands for it, which the display itself takes back when its owner dies.
pub(super) struct Turn {
    selection: Atom,
    window: Window,
}

impl Turn {
    /// `window` is the one that owns the selection during a turn.
    pub(super) fn new(display: &Display, window: Window) -> Result<Self, Broken> {
        Ok(Self { selection: display.atom(SELECTION)?, window })
    }

    /// Waits for the turn. `false` when `go_on` said no meanwhile.
    ///
    /// # Errors
    /// `AlreadyRunning` when another Tawk types for longer than 10 s.
    pub(super) fn begin(&self, display: &Display, go_on: &mut dyn FnMut() -> bool) -> Result<bool> {
        let start = Instant::now();
        while !self.take(display)? {
            if start.elapsed() > PATIENCE {
                return Err(Error::new(
                    ErrorKind::AlreadyRunning,
                    "Another Tawk is typing on this display. Wait until it has finished, or quit it.",
                ));
            }
            if !go_on() {
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(true)
    }

    /// Lets others type.
    pub(super) fn end(&self, display: &Display) -> Result<(), Broken> {
        display.conn.set_selection_owner(x11rb::NONE, self.selection, x11rb::CURRENT_TIME)?;
        Ok(())
    }

    /// Takes the turn if nobody has it. The grab makes looking and taking one step; it must be over, and the display
    /// must know that, before anything else is done: other programs stand still until then.
    fn take(&self, display: &Display) -> Result<bool, Broken> {
        display.conn.grab_server()?;
        let owner = display.conn.get_selection_owner(self.selection)?.reply();
        let free = matches!(&owner, Ok(reply) if reply.owner == x11rb::NONE || reply.owner == self.window);
        if free {
            display.conn.set_selection_owner(self.window, self.selection, x11rb::CURRENT_TIME)?;
        }
        display.conn.ungrab_server()?;
        display.conn.flush()?;
        owner?;
        Ok(free)
    }
}

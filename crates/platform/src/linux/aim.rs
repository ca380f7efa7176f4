//! Makes sure that keys go to the window they are meant for.
//!
//! Asking for the focus and pressing a key are two requests, and a window manager may move the focus between them. While one
//! program grabs the display, no request of another is served: the focus cannot move, and the display hands a key of the
//! XTEST extension out before it serves the next request. So both are done under one grab, for each grapheme: its keys go
//! to one window all together, or none of them does.
//!
//! What remains: a program that holds the keyboard by a grab of its own, such as an open menu or a window switcher, gets the
//! keys although the focus is elsewhere, and X11 tells nobody of it. Where the focus follows the pointer without a window
//! manager, the pointer may move between question and key.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{Atom, ConnectionExt as _, Window};

use super::display::{Broken, Display};
use super::focus;

/// The top-level window that keys are meant for.
pub(super) struct Aim {
    target: Window,
    wm_state: Atom,
    /// The window in it that had the focus last: asking again costs one round trip.
    last: Option<Window>,
}

impl Aim {
    /// At the top-level window `target`.
    pub(super) fn at(display: &Display, target: Window) -> Result<Self, Broken> {
        Ok(Self { target, wm_state: display.atom("WM_STATE")?, last: None })
    }

    /// Does `press` if the target has the focus, while nobody can move it. `false` if another window has it; then nothing
    /// was pressed. Other programs stand still meanwhile, so `press` only sends, and is soon done.
    pub(super) fn fire(
        &mut self,
        display: &Display,
        press: impl FnOnce() -> Result<(), Broken>,
    ) -> Result<bool, Broken> {
        display.conn.grab_server()?;
        let hit = self.has_focus(display).and_then(|hit| if hit { press().map(|()| true) } else { Ok(false) });
        display.conn.ungrab_server()?;
        display.conn.flush()?;
        hit
    }

    fn has_focus(&mut self, display: &Display) -> Result<bool, Broken> {
        let Some(window) = focus::with_focus(display)? else { return Ok(false) };
        if self.last != Some(window) {
            if focus::top_level(display, self.wm_state, window)? != self.target {
                return Ok(false);
            }
            self.last = Some(window);
        }
        Ok(true)
    }
}

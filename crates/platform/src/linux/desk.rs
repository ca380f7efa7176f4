//! What happens to the desktop session: X's screen saver and the end of the display; and over D-Bus, where there is one, what
//! X11 does not know: sleep, a change of users, and lockers that leave X's screen saver alone.

use std::sync::Arc;

use tawk_core::Result;
use tawk_core::ports::{Desk, DeskEvent, Registration};
use x11rb::connection::Connection as _;
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::Event;
use x11rb::protocol::screensaver::{self, ConnectionExt as _};

use super::desk_bus::{BusWatch, Listener};
use super::display::{Broken, Display};
use super::watcher::{Watch, Watcher};

/// The desktop session, as far as the display tells.
pub(crate) struct SystemDesk;

impl SystemDesk {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Desk for SystemDesk {
    fn watch(&self, listener: Box<dyn Fn(DeskEvent) + Send + Sync>) -> Result<Box<dyn Registration>> {
        let display = Display::open()?;
        select_screen_saver(&display)?;
        let listener: Listener = Arc::from(listener);
        let buses = [BusWatch::of_system(Arc::clone(&listener)), BusWatch::of_session(Arc::clone(&listener))];
        let watcher = Watcher::start("desk", display, DeskWatch { listener })?;
        Ok(Box::new(DeskWatches { _buses: buses, _watcher: watcher }))
    }
}

/// Asks for the screen saver's events. A display without the extension tells only of its end.
fn select_screen_saver(display: &Display) -> Result<(), Broken> {
    if display.conn.extension_information(screensaver::X11_EXTENSION_NAME)?.is_some() {
        display.conn.screensaver_select_input(display.root, screensaver::Event::NOTIFY_MASK)?;
        display.conn.flush()?;
    } else {
        tracing::warn!("the display has no MIT-SCREEN-SAVER extension, so a locked screen goes unnoticed");
    }
    Ok(())
}

struct DeskWatches {
    _buses: [Option<BusWatch>; 2],
    _watcher: Watcher,
}

impl Registration for DeskWatches {}

struct DeskWatch {
    listener: Listener,
}

impl Watch for DeskWatch {
    fn event(&mut self, _display: &Display, event: Event) -> Result<(), Broken> {
        if let Event::ScreensaverNotify(notify) = event
            && notify.state == screensaver::State::ON
        {
            (self.listener)(DeskEvent::Locked);
        }
        Ok(())
    }

    fn display_lost(&mut self) {
        (self.listener)(DeskEvent::LoggingOut);
    }
}

//! What happens to the desktop session: the screen saver, and the end of the display.
//!
//! X11 knows neither sleep nor fast user switching; they are told by logind over D-Bus, which Tawk does not ask yet.

use tawk_core::ports::{Desk, DeskEvent, Registration};
use tawk_core::{Result, ports};
use x11rb::connection::Connection as _;
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::Event;
use x11rb::protocol::screensaver::{self, ConnectionExt as _};

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
        Ok(Box::new(Watcher::start("desk", display, DeskWatch { listener })?))
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

struct DeskWatch {
    listener: Box<dyn Fn(ports::DeskEvent) + Send + Sync>,
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

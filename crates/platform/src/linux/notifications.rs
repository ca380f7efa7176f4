//! Notifications of the desktop, over the session bus.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tawk_core::ports::Notifications;
use tawk_core::{Error, ErrorKind, Result};
use zbus::blocking::Connection;
use zbus::zvariant::Value;

use super::bus::{self, Opening};

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// The notifications of the desktop that the session bus belongs to. Connects at the first one.
pub(crate) struct SystemNotifications {
    opening: Opening,
    shown: Mutex<Shown>,
}

#[derive(Default)]
struct Shown {
    /// Kept: some desktops take a notification away when its program leaves the bus.
    session: Option<Connection>,
    /// The number of the last one, which the next takes the place of; 0 before the first.
    last: u32,
}

impl SystemNotifications {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self { opening: Opening::default(), shown: Mutex::default() }
    }
}

impl Notifications for SystemNotifications {
    fn show(&self, message: &str) -> Result<()> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let told = shown.tell(message, &self.opening);
        told.inspect_err(|_| *shown = Shown::default()).map_err(|error| {
            Error::new(
                ErrorKind::Unsupported,
                format!("The desktop shows no notifications ({error}). See Tawk's menu for what needs attention."),
            )
        })
    }
}

impl Shown {
    fn tell(&mut self, message: &str, opening: &Opening) -> zbus::Result<()> {
        self.session.take_if(|session| session.is_closed());
        let session = match &mut self.session {
            Some(session) => session,
            none => none.insert(opening.open(bus::session)?),
        };
        let (icon, actions, hints) = ("", Vec::<&str>::new(), HashMap::<&str, Value<'_>>::new());
        let as_long_as_usual = -1i32;
        let text = escaped(message);
        let body = ("Tawk", self.last, icon, "Tawk", text.as_str(), actions, hints, as_long_as_usual);
        let answer = session.call_method(Some(NAME), PATH, Some(NAME), "Notify", &body)?;
        self.last = answer.body().deserialize()?;
        Ok(())
    }
}

/// Most desktops read a notification's text as markup.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_a_message_is_markup() {
        assert_eq!(escaped("“A & B” <none>"), "“A &amp; B” &lt;none&gt;");
    }
}

//! The connection to the display, and what to say when there is none.

use std::fmt;

use tawk_core::{Error, ErrorKind};
use x11rb::connection::Connection as _;
use x11rb::errors::{ConnectError, ConnectionError, ParseError, ReplyError, ReplyOrIdError};
use x11rb::protocol::xproto::{Atom, ConnectionExt as _, CreateWindowAux, Window, WindowClass};
use x11rb::rust_connection::RustConnection;

/// A connection to the display that `DISPLAY` names.
pub(super) struct Display {
    /// The connection. It may be used by several threads.
    pub(super) conn: RustConnection,
    /// The root window of the default screen.
    pub(super) root: Window,
}

impl Display {
    /// Connects.
    ///
    /// # Errors
    /// `NoDisplay` without a display, `Unsupported` under Wayland without X11.
    pub(super) fn open() -> Result<Self, Error> {
        let (display, wayland) = (std::env::var("DISPLAY").ok(), std::env::var("WAYLAND_DISPLAY").ok());
        if let Some(reason) = reason_for_no_display(display.as_deref(), wayland.as_deref()) {
            return Err(reason);
        }
        let (conn, screen) =
            RustConnection::connect(None).map_err(unreachable_display(&display.unwrap_or_default()))?;
        let root = conn.setup().roots.get(screen).map(|screen| screen.root).ok_or_else(|| {
            Error::new(ErrorKind::NoDisplay, "The display has no screen. Check the DISPLAY variable.")
        })?;
        Ok(Self { conn, root })
    }

    /// An unmapped window that nobody sees, to receive messages and to own selections.
    pub(super) fn create_hidden_window(&self) -> Result<Window, Broken> {
        let window = self.conn.generate_id()?;
        let aux = CreateWindowAux::new();
        self.conn.create_window(0, window, self.root, -1, -1, 1, 1, 0, WindowClass::INPUT_ONLY, 0, &aux)?;
        Ok(window)
    }

    /// The atom called `name`.
    pub(super) fn atom(&self, name: &str) -> Result<Atom, Broken> {
        Ok(self.conn.intern_atom(false, name.as_bytes())?.reply()?.atom)
    }

    /// Waits until the display has done everything that was asked of it so far.
    pub(super) fn sync(&self) -> Result<(), Broken> {
        self.conn.get_input_focus()?.reply()?;
        Ok(())
    }
}

/// A request that failed: nearly always because the display went away.
#[derive(Debug)]
pub(super) struct Broken {
    reason: String,
}

impl Broken {
    /// For what no request tells.
    pub(super) fn of(reason: &str) -> Self {
        Self { reason: reason.into() }
    }

    fn new(error: &impl fmt::Display) -> Self {
        Self { reason: error.to_string() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

impl From<Error> for Broken {
    fn from(error: Error) -> Self {
        Self::new(&error)
    }
}

impl From<ConnectionError> for Broken {
    fn from(error: ConnectionError) -> Self {
        Self::new(&error)
    }
}

impl From<ReplyError> for Broken {
    fn from(error: ReplyError) -> Self {
        Self::new(&error)
    }
}

impl From<ReplyOrIdError> for Broken {
    fn from(error: ReplyOrIdError) -> Self {
        Self::new(&error)
    }
}

impl From<ParseError> for Broken {
    fn from(error: ParseError) -> Self {
        Self::new(&error)
    }
}

impl From<Broken> for Error {
    fn from(broken: Broken) -> Self {
        Error::new(
            ErrorKind::NoDisplay,
            format!("The display does not answer ({broken}). Start Tawk again in a running X11 session."),
        )
    }
}

/// Why X11 cannot be reached with these values of `DISPLAY` and `WAYLAND_DISPLAY`; `None` if it may be.
fn reason_for_no_display(display: Option<&str>, wayland: Option<&str>) -> Option<Error> {
    let is_set = |variable: Option<&str>| variable.is_some_and(|value| !value.is_empty());
    if is_set(display) {
        None
    } else if is_set(wayland) {
        Some(Error::new(
            ErrorKind::Unsupported,
            "Wayland does not let Tawk type or listen for hotkeys. Log out, choose a session “on Xorg” or “X11” at the \
             login screen, and log in again.",
        ))
    } else {
        Some(Error::new(
            ErrorKind::NoDisplay,
            "There is no display: the DISPLAY variable is not set. Start Tawk inside a desktop session.",
        ))
    }
}

/// What cannot work in this session although there is a display.
pub fn limitation() -> Option<Error> {
    let variable = |name| std::env::var(name).unwrap_or_default();
    limitation_of(&variable("WAYLAND_DISPLAY"), &variable("XDG_SESSION_TYPE"))
}

/// A Wayland session has an X server too, for older apps. What Tawk does there reaches those apps alone.
fn limitation_of(wayland: &str, session: &str) -> Option<Error> {
    (!wayland.is_empty() || session == "wayland").then(|| {
        Error::new(
            ErrorKind::Unsupported,
            "This is a Wayland session, where Tawk's hotkey and typing reach only older (X11) apps. Log out, choose a \
             session “on Xorg” or “X11” at the login screen, and log in again.",
        )
    })
}

fn unreachable_display(name: &str) -> impl FnOnce(ConnectError) -> Error {
    move |error| {
        Error::new(
            ErrorKind::NoDisplay,
            format!("The display “{name}” cannot be reached ({error}). Start Tawk inside a desktop session."),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wayland_is_told_even_where_an_x_server_runs_in_it() {
        assert_eq!(limitation_of("", "x11"), None);
        assert_eq!(limitation_of("", ""), None);
        for (wayland, session) in [("wayland-0", ""), ("", "wayland"), ("wayland-1", "wayland")] {
            let error = limitation_of(wayland, session).unwrap();
            assert_eq!(error.kind, ErrorKind::Unsupported);
            assert!(error.message.contains("Xorg"));
        }
    }

    #[test]
    fn the_reason_says_what_to_do() {
        let kind = |display, wayland| reason_for_no_display(display, wayland).map(|error| error.kind);
        assert_eq!(kind(Some(":0"), None), None);
        assert_eq!(kind(Some(":0"), Some("wayland-0")), None);
        assert_eq!(kind(None, Some("wayland-0")), Some(ErrorKind::Unsupported));
        assert_eq!(kind(Some(""), Some("wayland-0")), Some(ErrorKind::Unsupported));
        assert_eq!(kind(None, None), Some(ErrorKind::NoDisplay));
        assert_eq!(kind(None, Some("")), Some(ErrorKind::NoDisplay));
        let message = reason_for_no_display(None, Some("wayland-0")).unwrap().message;
        assert!(message.contains("X11"), "{message}");
    }
}

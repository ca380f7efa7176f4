//! Who has the keyboard: the window with the input focus, and the app that it belongs to.

use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tawk_core::Result;
use tawk_core::ports::{Field, Focus, Target};
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, InputFocus, Window};

use super::display::{Broken, Display};
use super::fields::Fields;

/// The focus of the display. Keeps one connection, and makes a new one when that breaks.
pub(crate) struct SystemFocus {
    watched: Mutex<Option<Watched>>,
    /// What the apps say of their fields, once that was asked.
    fields: OnceLock<Option<Fields>>,
}

struct Watched {
    windows: Windows,
    /// The window that had the focus last, and whose it is: asking again costs one round trip.
    last: Option<(Window, Target)>,
}

impl SystemFocus {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self { watched: Mutex::new(None), fields: OnceLock::new() }
    }
}

impl Focus for SystemFocus {
    fn current(&self) -> Result<Option<Target>> {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(watched) = watched.as_mut()
            && let Ok(target) = watched.current()
        {
            return Ok(target);
        }
        // There was no connection yet, or it broke; what breaks twice is broken.
        *watched = None;
        let mut fresh = Watched { windows: Windows::new(Display::open()?)?, last: None };
        let target = fresh.current()?;
        *watched = Some(fresh);
        Ok(target)
    }

    fn secure_input(&self) -> bool {
        self.field(Duration::ZERO) == Field::Password
    }

    fn look_at_field(&self) {
        let started = || Fields::start().inspect_err(|error| tracing::warn!(%error, "fields are not looked at")).ok();
        if let Some(fields) = self.fields.get_or_init(started) {
            fields.look();
        }
    }

    fn field(&self, wait: Duration) -> Field {
        let Some(Some(fields)) = self.fields.get() else { return Field::Unknown };
        fields.wait(wait);
        // What was seen holds for the window in which it was seen.
        let window = self.current().ok().flatten().map(|target| target.id);
        window.map_or(Field::Unknown, |window| fields.seen_in(window))
    }
}

impl Watched {
    fn current(&mut self) -> Result<Option<Target>, Broken> {
        let Some(window) = self.windows.with_focus()? else { return Ok(None) };
        if let Some((last, target)) = &self.last
            && *last == window
        {
            return Ok(Some(target.clone()));
        }
        let top = self.windows.top_level(window)?;
        let app_id = self.windows.class(top);
        let app = app_id.clone().or_else(|| self.windows.program_name(top)).unwrap_or_default();
        let target = Target { id: u64::from(top), app, app_id };
        self.last = Some((window, target.clone()));
        Ok(Some(target))
    }
}

/// Asks for windows and what is known of them.
pub(super) struct Windows {
    display: Display,
    wm_state: Atom,
    wm_pid: Atom,
}

impl Windows {
    fn new(display: Display) -> Result<Self, Broken> {
        let (wm_state, wm_pid) = (display.atom("WM_STATE")?, display.atom("_NET_WM_PID")?);
        Ok(Self { display, wm_state, wm_pid })
    }

    fn with_focus(&self) -> Result<Option<Window>, Broken> {
        with_focus(&self.display)
    }

    /// The window above `window` that the window manager manages; without a window manager the one below the root.
    fn top_level(&self, window: Window) -> Result<Window, Broken> {
        top_level(&self.display, self.wm_state, window)
    }

    /// The window's class.
    fn class(&self, window: Window) -> Option<String> {
        let class = self.property(window, AtomEnum::WM_CLASS.into(), AtomEnum::STRING.into());
        class.as_deref().and_then(class_name).filter(|name| !name.is_empty())
    }

    fn program_name(&self, window: Window) -> Option<String> {
        let pid = self.property(window, self.wm_pid, AtomEnum::CARDINAL.into())?;
        let pid = u32::from_ne_bytes(pid.get(..4)?.try_into().ok()?);
        let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
        Some(name.trim_end().to_owned())
    }

    /// A property's bytes. A window that is gone meanwhile has none.
    fn property(&self, window: Window, name: Atom, kind: Atom) -> Option<Vec<u8>> {
        let cookie = self.display.conn.get_property(false, window, name, kind, 0, 64).ok()?;
        cookie.reply().ok().map(|reply| reply.value).filter(|value| !value.is_empty())
    }
}

/// The window that receives keys; `None` when they go nowhere. Without a window manager that is often the window under
/// the pointer.
pub(super) fn with_focus(display: &Display) -> Result<Option<Window>, Broken> {
    let focus = display.conn.get_input_focus()?.reply()?.focus;
    if focus == u32::from(InputFocus::NONE) {
        return Ok(None);
    }
    if focus == u32::from(InputFocus::POINTER_ROOT) || focus == display.root {
        let under_pointer = display.conn.query_pointer(display.root)?.reply()?.child;
        return Ok((under_pointer != x11rb::NONE).then_some(under_pointer));
    }
    Ok(Some(focus))
}

/// The window above `window`, or itself, that carries `WM_STATE`; else the one below the root.
pub(super) fn top_level(display: &Display, wm_state: Atom, window: Window) -> Result<Window, Broken> {
    let mut window = window;
    loop {
        let state = display.conn.get_property(false, window, wm_state, AtomEnum::ANY, 0, 0)?;
        let tree = display.conn.query_tree(window)?;
        // A window that closes meanwhile answers with an error; it is as good a name for the target as any.
        let (Ok(state), Ok(tree)) = (state.reply(), tree.reply()) else { return Ok(window) };
        if state.type_ != x11rb::NONE || tree.parent == display.root || tree.parent == x11rb::NONE {
            return Ok(window);
        }
        window = tree.parent;
    }
}

/// The class part of a `WM_CLASS` property: two strings, each with a zero byte after it.
fn class_name(property: &[u8]) -> Option<String> {
    let mut parts = property.split(|&byte| byte == 0);
    let (instance, class) = (parts.next()?, parts.next().unwrap_or_default());
    let name = if class.is_empty() { instance } else { class };
    Some(String::from_utf8_lossy(name).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_class_names_the_app() {
        assert_eq!(class_name(b"gedit\0Gedit\0").as_deref(), Some("Gedit"));
        assert_eq!(class_name(b"xterm\0\0").as_deref(), Some("xterm"));
        assert_eq!(class_name(b"old").as_deref(), Some("old"));
        assert_eq!(class_name(b"").as_deref(), Some(""));
    }
}

//! Asks apps, over the accessibility bus (AT-SPI), what kind of field has the keyboard.
//!
//! GTK 3 and 4, Firefox and LibreOffice answer whenever that bus runs; Chromium, Electron and Qt only when accessibility is
//! switched on in the desktop's settings. xterm and Tk never do. An app that does not answer is not known.

use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use tawk_core::ports::Field;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::Type;
use zbus::zvariant::{DynamicType, OwnedObjectPath, Type as Signature};
use zbus::{MatchRule, Message};

use super::bus::{self, Opening, Unopened};

/// How long an app may take for one answer. Most need less than a millisecond, but on a busy machine some need a hundred
/// times that; nobody waits for it but the thread that asks.
const PATIENCE: Duration = Duration::from_millis(500);

/// How many parents up a process is looked for among those of the window: web content runs in processes of its own.
const GENERATIONS: usize = 6;

const REGISTRY: &str = "org.a11y.atspi.Registry";
const ROOT: &str = "/org/a11y/atspi/accessible/root";
const ACCESSIBLE: &str = "org.a11y.atspi.Accessible";

/// `ATSPI_ROLE_PASSWORD_TEXT` of at-spi2-core's atspi-constants.h.
const PASSWORD_TEXT: u32 = 40;
/// `ATSPI_STATE_ACTIVE`, of a window.
const ACTIVE: u32 = 1;
/// `ATSPI_STATE_FOCUSED`, of a field.
const FOCUSED: u32 = 12;
/// `ATSPI_Collection_MATCH_ALL`.
const MATCH_ALL: i32 = 1;

/// Something on the bus: the connection that it belongs to, and its path there.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Signature)]
pub(super) struct Object {
    owner: String,
    path: OwnedObjectPath,
}

/// The accessibility bus.
pub(super) struct Bus {
    conn: Connection,
}

impl Bus {
    /// Connects by way of the session's bus, which tells where it is. Waits [`bus::PATIENCE`] at the most.
    pub(super) fn connect(opening: &Opening) -> Result<Self, Unopened> {
        let open = || {
            let session = bus::unhurried::session()?;
            let answer =
                session.call_method(Some("org.a11y.Bus"), "/org/a11y/bus", Some("org.a11y.Bus"), "GetAddress", &())?;
            let address: String = answer.body().deserialize()?;
            Builder::address(address.as_str())?.method_timeout(PATIENCE).build()
        };
        Ok(Self { conn: opening.open(open)? })
    }

    /// Whether the bus has gone.
    pub(super) fn is_closed(&self) -> bool {
        self.conn.is_closed()
    }

    /// Tells of every field that gets or loses the keyboard from now on, until the bus goes. Apps send that only once
    /// somebody has asked.
    pub(super) fn focus_changes(&self) -> zbus::Result<impl Iterator<Item = Object> + Send + use<>> {
        let rule = MatchRule::builder()
            .msg_type(Type::Signal)
            .interface("org.a11y.atspi.Event.Object")?
            .member("StateChanged")?
            .arg(0, "focused")?
            .build();
        let messages = MessageIterator::for_match_rule(rule, &self.conn, None)?;
        let event = ("object:state-changed:focused", Vec::<&str>::new(), "");
        self.call(REGISTRY, "/org/a11y/atspi/registry", REGISTRY, "RegisterEvent", &event)?;
        Ok(messages.map_while(Result::ok).filter_map(|message| {
            let header = message.header();
            let (owner, path) = (header.sender()?.to_string(), header.path()?.to_owned().into());
            Some(Object { owner, path })
        }))
    }

    /// The kind of field that has the keyboard in the window of `process`; `None` if that has windows and says that the
    /// keyboard is in none of them. `recent` are fields that got or lost the keyboard of late, newest first.
    pub(super) fn field(&self, process: u32, recent: &[Object]) -> Option<Field> {
        // What an app does not answer it does not tell.
        let in_windows = self.focused_in_windows(process).unwrap_or_default();
        if let Some(one) = recent.iter().find(|object| in_windows.contains(object)) {
            return Some(self.kind(one));
        }
        match in_windows.as_slice() {
            // What runs in a process of its own, or cannot be searched, has told by itself.
            [] => {
                let has_focus = |object: &&Object| {
                    self.belongs(object, process) && self.has_state(object, FOCUSED).unwrap_or(false)
                };
                match recent.iter().find(has_focus) {
                    Some(object) => Some(self.kind(object)),
                    None => (!self.is_away(process).unwrap_or(false)).then_some(Field::Unknown),
                }
            }
            [one] => Some(self.kind(one)),
            // One field in each window. The one in front is not known, so the worst is assumed.
            several => match several.iter().any(|object| self.kind(object) == Field::Password) {
                true => Some(Field::Password),
                false => Some(Field::Plain),
            },
        }
    }

    fn kind(&self, object: &Object) -> Field {
        match self.ask::<u32>(object, ACCESSIBLE, "GetRole", &()) {
            Ok(PASSWORD_TEXT) => Field::Password,
            Ok(_) => Field::Plain,
            Err(_) => Field::Unknown,
        }
    }

    /// The field that has the keyboard in the active window of `process`, or else in each of its windows: while the
    /// hotkey is down, no window counts as active. The search runs in that process.
    fn focused_in_windows(&self, process: u32) -> zbus::Result<Vec<Object>> {
        let mut fields = Vec::new();
        for window in self.windows(process)? {
            let found = self.focused_under(&window).unwrap_or(None);
            if found.is_some() && self.has_state(&window, ACTIVE)? {
                return Ok(found.into_iter().collect());
            }
            fields.extend(found);
        }
        Ok(fields)
    }

    /// Whether `process` has windows of which none is active.
    fn is_away(&self, process: u32) -> zbus::Result<bool> {
        let windows = self.windows(process)?;
        for window in &windows {
            if self.has_state(window, ACTIVE)? {
                return Ok(false);
            }
        }
        Ok(!windows.is_empty())
    }

    fn windows(&self, process: u32) -> zbus::Result<Vec<Object>> {
        let apps: Vec<Object> = self.children(&Object { owner: REGISTRY.into(), path: ROOT.try_into()? })?;
        let mut windows = Vec::new();
        for app in apps.iter().filter(|app| self.belongs(app, process)) {
            windows.extend(self.children(app)?);
        }
        Ok(windows)
    }

    fn focused_under(&self, window: &Object) -> zbus::Result<Option<Object>> {
        let (attributes, interfaces) = (std::collections::HashMap::<&str, &str>::new(), Vec::<&str>::new());
        let states = vec![1i32 << FOCUSED, 0];
        // States, attributes, roles and interfaces to match, each with how; nothing inverted.
        let rule = (states, MATCH_ALL, attributes, MATCH_ALL, vec![0i32; 4], MATCH_ALL, interfaces, MATCH_ALL, false);
        let (in_order, at_most, with_descendants) = (1u32, 1i32, true);
        let found: Vec<Object> =
            self.ask(window, "org.a11y.atspi.Collection", "GetMatches", &(rule, in_order, at_most, with_descendants))?;
        Ok(found.into_iter().next())
    }

    fn children(&self, of: &Object) -> zbus::Result<Vec<Object>> {
        self.ask(of, ACCESSIBLE, "GetChildren", &())
    }

    fn has_state(&self, object: &Object, state: u32) -> zbus::Result<bool> {
        // 64 bits in two words, the lower first.
        let words: Vec<u32> = self.ask(object, ACCESSIBLE, "GetState", &())?;
        Ok(words.first().is_some_and(|word| word >> state & 1 == 1))
    }

    /// Whether `object` belongs to `process` or to one that it has started.
    fn belongs(&self, object: &Object, process: u32) -> bool {
        let bus = "org.freedesktop.DBus";
        let answer = self.call(bus, "/org/freedesktop/DBus", bus, "GetConnectionUnixProcessID", &object.owner.as_str());
        let owner = answer.and_then(|answer| answer.body().deserialize::<u32>());
        owner.is_ok_and(|owner| is_within(owner, process))
    }

    fn ask<T>(
        &self,
        object: &Object,
        interface: &str,
        method: &str,
        body: &(impl Serialize + DynamicType),
    ) -> zbus::Result<T>
    where
        T: DeserializeOwned + Signature,
    {
        self.call(&object.owner, object.path.as_str(), interface, method, body)?.body().deserialize()
    }

    fn call(
        &self,
        to: &str,
        path: &str,
        interface: &str,
        method: &str,
        body: &(impl Serialize + DynamicType),
    ) -> zbus::Result<Message> {
        self.conn.call_method(Some(to), path, Some(interface), method, body)
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        // Otherwise whoever reads changes would keep the connection.
        let _ = self.conn.clone().close();
    }
}

/// Whether `process` is `ancestor` or descends from it.
fn is_within(process: u32, ancestor: u32) -> bool {
    std::iter::successors(Some(process), |process| parent_of(*process)).take(GENERATIONS).any(|id| id == ancestor)
}

fn parent_of(process: u32) -> Option<u32> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    status.lines().find_map(|line| line.strip_prefix("PPid:"))?.trim().parse().ok().filter(|id| *id > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_within_itself_and_what_started_it() {
        let own = std::process::id();
        assert!(is_within(own, own));
        assert!(is_within(own, std::os::unix::process::parent_id()));
        assert!(!is_within(std::os::unix::process::parent_id(), own));
        assert!(!is_within(u32::MAX, own));
    }
}

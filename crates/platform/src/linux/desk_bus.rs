//! Lock, sleep and a change of users, as logind and the desktop's locker tell over D-Bus. Where there is no bus, nothing is
//! told, and that is no fault.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tawk_core::ports::DeskEvent;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Message, Type};
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{MatchRule, names};

use super::bus::{self, LOGIND};

/// Called with what happens.
pub(super) type Listener = Arc<dyn Fn(DeskEvent) + Send + Sync>;

/// A thread that blocks on one bus. Dropping it closes the connection, which ends the thread; a call of the listener
/// that has begun is not waited for.
pub(super) struct BusWatch(Arc<Mutex<Line>>);

/// The connection, which the thread opens and the owner closes.
#[derive(Default)]
struct Line {
    bus: Option<Connection>,
    is_over: bool,
}

impl BusWatch {
    /// Listens to logind on the system's bus.
    pub(super) fn of_system(listener: Listener) -> Option<Self> {
        Self::start("desk-system", move |line| {
            let bus = line.open(bus::unhurried::system)?;
            let messages = signals(&bus, MatchRule::builder().msg_type(Type::Signal).sender(LOGIND.name)?.build())?;
            let session = own_session(&bus);
            drop(bus);
            line.hear(messages, |message| of_logind(message, session.as_deref()), &listener);
            Ok(())
        })
    }

    /// Listens to the desktop's locker on the bus of the session.
    pub(super) fn of_session(listener: Listener) -> Option<Self> {
        Self::start("desk-session", move |line| {
            let bus = line.open(bus::unhurried::session)?;
            let messages = signals(&bus, MatchRule::builder().msg_type(Type::Signal).member("ActiveChanged")?.build())?;
            drop(bus);
            line.hear(messages, of_locker, &listener);
            Ok(())
        })
    }

    fn start(name: &str, run: impl FnOnce(&Shared) -> zbus::Result<()> + Send + 'static) -> Option<Self> {
        let line = Shared::default();
        let its_line = Shared(Arc::clone(&line.0));
        let run = move || {
            if let Err(error) = run(&its_line) {
                tracing::info!("a bus tells nothing of lock and sleep: {error}");
            }
        };
        let started = thread::Builder::new().name(name.into()).spawn(run);
        started.inspect_err(|error| tracing::warn!("no thread for a bus: {error}")).ok()?;
        Some(Self(line.0))
    }
}

impl Drop for BusWatch {
    fn drop(&mut self) {
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        line.is_over = true;
        // Broken, it is closed already.
        line.bus.take().map(Connection::close);
    }
}

#[derive(Default)]
struct Shared(Arc<Mutex<Line>>);

impl Shared {
    fn open(&self, open: fn() -> zbus::Result<Connection>) -> zbus::Result<Connection> {
        let bus = open()?;
        let mut line = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if line.is_over {
            return Err(zbus::Error::Failure("nobody listens any more".into()));
        }
        line.bus = Some(bus.clone());
        Ok(bus)
    }

    fn hear(&self, messages: MessageIterator, decode: impl Fn(&Message) -> Option<DeskEvent>, listener: &Listener) {
        // The end of the connection is an error or the end of the messages.
        for message in messages.map_while(Result::ok) {
            if self.0.lock().unwrap_or_else(PoisonError::into_inner).is_over {
                return;
            }
            if let Some(event) = decode(&message) {
                listener(event);
            }
        }
        tracing::info!("a bus has gone; it tells nothing of lock and sleep any more");
    }
}

fn signals(bus: &Connection, rule: MatchRule<'_>) -> zbus::Result<MessageIterator> {
    MessageIterator::for_match_rule(rule, bus, None)
}

/// The object of the session that this program runs in, if logind knows.
fn own_session(bus: &Connection) -> Option<String> {
    let ask = |method, argument: Argument| -> zbus::Result<OwnedObjectPath> {
        match argument {
            Argument::Process(id) => bus::call(bus, LOGIND, method, &id),
            Argument::Session(id) => bus::call(bus, LOGIND, method, &id),
        }
    };
    let named = std::env::var("XDG_SESSION_ID").ok();
    named
        .and_then(|id| ask("GetSession", Argument::Session(id)).ok())
        .or_else(|| ask("GetSessionByPID", Argument::Process(std::process::id())).ok())
        .map(|path| path.to_string())
}

enum Argument {
    Process(u32),
    Session(String),
}

/// What a signal of logind means. Another session is none of ours; where ours is not known, a lock of any counts.
fn of_logind(message: &Message, session: Option<&str>) -> Option<DeskEvent> {
    let header = message.header();
    let (interface, member) = (header.interface()?.as_str(), header.member()?.as_str());
    let path = header.path()?.as_str();
    let is_ours = session.is_none_or(|own| own == path);
    match (interface, member) {
        ("org.freedesktop.login1.Manager", "PrepareForSleep") => {
            let begins: bool = message.body().deserialize().ok()?;
            begins.then_some(DeskEvent::Sleeping)
        }
        ("org.freedesktop.login1.Session", "Lock") => is_ours.then_some(DeskEvent::Locked),
        ("org.freedesktop.DBus.Properties", "PropertiesChanged") if is_ours => {
            let body = message.body();
            let (of, changed, _): (
                names::InterfaceName<'_>,
                std::collections::HashMap<String, OwnedValue>,
                Vec<String>,
            ) = body.deserialize().ok()?;
            let is = |name: &str, value: bool| changed.get(name).is_some_and(|is| bool::try_from(is) == Ok(value));
            let locked = is("LockedHint", true) || (session.is_some() && is("Active", false));
            (of.as_str() == "org.freedesktop.login1.Session" && locked).then_some(DeskEvent::Locked)
        }
        _ => None,
    }
}

/// What a signal of a screen locker means: `org.freedesktop.ScreenSaver`, `org.gnome.ScreenSaver` and their kin.
fn of_locker(message: &Message) -> Option<DeskEvent> {
    let header = message.header();
    let is_locker =
        header.interface()?.as_str().ends_with(".ScreenSaver") && header.member()?.as_str() == "ActiveChanged";
    let is_on: bool = message.body().deserialize().ok()?;
    (is_locker && is_on).then_some(DeskEvent::Locked)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use zbus::zvariant::{DynamicType, Value};

    const OWN: &str = "/org/freedesktop/login1/session/_32";

    fn signal(path: &str, interface: &str, member: &str, body: &(impl serde::Serialize + DynamicType)) -> Message {
        Message::signal(path, interface, member).unwrap().build(body).unwrap()
    }

    fn changed(path: &str, of: &str, name: &str, value: bool) -> Message {
        let changed = HashMap::from([(name, Value::from(value))]);
        signal(path, "org.freedesktop.DBus.Properties", "PropertiesChanged", &(of, changed, Vec::<String>::new()))
    }

    #[test]
    fn sleep_is_told_when_it_begins() {
        let sleep = |begins: bool| signal(LOGIND.path, LOGIND.interface, "PrepareForSleep", &begins);
        assert_eq!(of_logind(&sleep(true), Some(OWN)), Some(DeskEvent::Sleeping));
        assert_eq!(of_logind(&sleep(false), Some(OWN)), None);
        assert_eq!(of_logind(&signal(LOGIND.path, LOGIND.interface, "PrepareForSleep", &"yes"), None), None);
    }

    #[test]
    fn only_the_own_session_is_locked() {
        let session = "org.freedesktop.login1.Session";
        let other = "/org/freedesktop/login1/session/_33";
        let lock = |path: &str| signal(path, session, "Lock", &());
        assert_eq!(of_logind(&lock(OWN), Some(OWN)), Some(DeskEvent::Locked));
        assert_eq!(of_logind(&lock(other), Some(OWN)), None);
        assert_eq!(of_logind(&lock(other), None), Some(DeskEvent::Locked));
        assert_eq!(of_logind(&signal(OWN, session, "Unlock", &()), Some(OWN)), None);

        assert_eq!(of_logind(&changed(OWN, session, "LockedHint", true), Some(OWN)), Some(DeskEvent::Locked));
        assert_eq!(of_logind(&changed(OWN, session, "LockedHint", false), Some(OWN)), None);
        assert_eq!(of_logind(&changed(other, session, "LockedHint", true), Some(OWN)), None);
        assert_eq!(of_logind(&changed(OWN, "org.freedesktop.login1.Seat", "LockedHint", true), Some(OWN)), None);
        // Another user is on the screen.
        assert_eq!(of_logind(&changed(OWN, session, "Active", false), Some(OWN)), Some(DeskEvent::Locked));
        assert_eq!(of_logind(&changed(OWN, session, "Active", true), Some(OWN)), None);
        assert_eq!(of_logind(&changed(other, session, "Active", false), None), None);
    }

    #[test]
    fn a_locker_is_one_by_its_name() {
        let active = |interface: &str, on: bool| signal("/ScreenSaver", interface, "ActiveChanged", &on);
        for locker in ["org.freedesktop.ScreenSaver", "org.gnome.ScreenSaver", "org.cinnamon.ScreenSaver"] {
            assert_eq!(of_locker(&active(locker, true)), Some(DeskEvent::Locked));
            assert_eq!(of_locker(&active(locker, false)), None);
        }
        assert_eq!(of_locker(&active("org.example.Lamp", true)), None);
        assert_eq!(of_locker(&signal("/ScreenSaver", "org.gnome.ScreenSaver", "ActiveChanged", &1_u32)), None);
    }
}

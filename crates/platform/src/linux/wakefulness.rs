//! No sleep for want of input: asked of logind and of the desktop's session, whichever of them decides about it.

use tawk_core::ports::{Hold, Wakefulness};
use zbus::blocking::Connection;
use zbus::zvariant::OwnedFd;

use super::bus::{self, Object, Opening};

/// Who keeps the machine awake, in the lists that desktops show.
const WHO: &str = "Tawk";

/// Those in a session who take the wish, the first that is there.
const GNOME: Object = Object {
    name: "org.gnome.SessionManager",
    path: "/org/gnome/SessionManager",
    interface: "org.gnome.SessionManager",
};
const FREEDESKTOP: Object = Object {
    name: "org.freedesktop.PowerManagement",
    path: "/org/freedesktop/PowerManagement/Inhibit",
    interface: "org.freedesktop.PowerManagement.Inhibit",
};

/// GNOME's flag for not suspending.
const SUSPEND: u32 = 4;

/// The sleep of this machine.
#[derive(Default)]
pub(crate) struct SystemWakefulness {
    system: Opening,
    session: Opening,
}

impl SystemWakefulness {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self::default()
    }
}

impl Wakefulness for SystemWakefulness {
    fn hold(&self, reason: &str) -> Option<Box<dyn Hold>> {
        let asked = [
            self.system.open(bus::system).map_err(Into::into).and_then(|bus| Inhibitor::of_logind(bus, reason)),
            self.session.open(bus::session).map_err(Into::into).and_then(|bus| Inhibitor::of_session(bus, reason)),
        ];
        let held: Vec<_> = asked
            .into_iter()
            .filter_map(|held| held.inspect_err(|error| tracing::debug!("sleep is not held off there: {error}")).ok())
            .collect();
        (!held.is_empty()).then(|| Box::new(Inhibitors(held)) as Box<dyn Hold>)
    }
}

struct Inhibitors(#[allow(dead_code, reason = "held for its drop")] Vec<Inhibitor>);

impl Hold for Inhibitors {}

/// One wish. It ends with its connection, so that not even a crash leaves it behind.
struct Inhibitor {
    bus: Option<Connection>,
    /// logind's: it counts for as long as it is open.
    _lock: Option<OwnedFd>,
}

impl Inhibitor {
    /// `idle`, not `sleep`: a user who closes the lid is obeyed.
    fn of_logind(bus: Connection, reason: &str) -> zbus::Result<Self> {
        let lock = bus::call(&bus, bus::LOGIND, "Inhibit", &("idle", WHO, reason, "block"))?;
        Ok(Self { bus: Some(bus), _lock: Some(lock) })
    }

    fn of_session(bus: Connection, reason: &str) -> zbus::Result<Self> {
        let _cookie: u32 = bus::call(&bus, GNOME, "Inhibit", &(WHO, 0_u32, reason, SUSPEND))
            .or_else(|_| bus::call(&bus, FREEDESKTOP, "Inhibit", &(WHO, reason)))?;
        Ok(Self { bus: Some(bus), _lock: None })
    }
}

impl Drop for Inhibitor {
    fn drop(&mut self) {
        // Broken, it is closed already.
        self.bus.take().map(Connection::close);
    }
}

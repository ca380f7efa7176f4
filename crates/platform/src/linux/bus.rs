//! The way to D-Bus, where there is one. A machine without a bus only lacks what it would tell.

use std::time::Duration;

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::proxy::MethodFlags;
use zbus::zvariant::{DynamicDeserialize, DynamicType};

/// How long a method may take.
const PATIENCE: Duration = Duration::from_secs(2);

/// A connection of its own to the system's bus, on which logind is.
pub(super) fn system() -> zbus::Result<Connection> {
    Builder::system()?.method_timeout(PATIENCE).build()
}

/// A connection of its own to the bus of the user's session.
pub(super) fn session() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(PATIENCE).build()
}

/// Calls a method of a program that is running; none is started for it.
pub(super) fn call<B, R>(bus: &Connection, object: Object, method: &str, body: &B) -> zbus::Result<R>
where
    B: serde::Serialize + DynamicType,
    R: for<'d> DynamicDeserialize<'d>,
{
    let proxy = Proxy::new(bus, object.name, object.path, object.interface)?;
    let answer = proxy.call_with_flags(method, MethodFlags::NoAutoStart.into(), body)?;
    answer.ok_or_else(|| zbus::Error::Failure("no answer".into()))
}

/// Somebody on a bus.
#[derive(Clone, Copy)]
pub(super) struct Object {
    pub(super) name: &'static str,
    pub(super) path: &'static str,
    pub(super) interface: &'static str,
}

/// The session manager of systemd, and of elogind.
pub(super) const LOGIND: Object = Object {
    name: "org.freedesktop.login1",
    path: "/org/freedesktop/login1",
    interface: "org.freedesktop.login1.Manager",
};

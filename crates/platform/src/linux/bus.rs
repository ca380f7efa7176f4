//! The way to D-Bus, where there is one. A machine without a bus only lacks what it would tell, and one whose bus takes
//! connections and never answers is not waited for.

use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, RecvTimeoutError, bounded};
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::proxy::MethodFlags;
use zbus::zvariant::{DynamicDeserialize, DynamicType};

/// How long a method may take, or the opening of a connection.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);

/// Opens a connection for those who must not wait without end: zbus bounds how long a method takes, but not the handshake
/// before the first. A thread of its own opens. One that hangs is left to it, and asked again by the next, so that there is
/// never more than one.
#[derive(Default)]
pub(super) struct Opening {
    under_way: Mutex<Option<Receiver<zbus::Result<Connection>>>>,
}

/// Why there is no connection.
pub(super) enum Unopened {
    /// The bus does not answer.
    Silent,
    /// There is none, or it refuses.
    Refused(zbus::Error),
}

impl From<Unopened> for zbus::Error {
    fn from(unopened: Unopened) -> Self {
        match unopened {
            Unopened::Silent => zbus::Error::Failure("the bus does not answer".into()),
            Unopened::Refused(error) => error,
        }
    }
}

impl Opening {
    /// Opens one by `open`, or gives one that was opened late. Waits [`PATIENCE`] at the most.
    pub(super) fn open(
        &self,
        open: impl FnOnce() -> zbus::Result<Connection> + Send + 'static,
    ) -> Result<Connection, Unopened> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let answer = match under_way.take() {
            Some(answer) => answer,
            None => {
                let (sender, answer) = bounded(1);
                let run = move || drop(sender.send(open()));
                thread::Builder::new()
                    .name("bus".into())
                    .spawn(run)
                    .map_err(|error| Unopened::Refused(error.into()))?;
                answer
            }
        };
        match answer.recv_timeout(PATIENCE) {
            Ok(opened) => opened.map_err(Unopened::Refused),
            Err(RecvTimeoutError::Timeout) => {
                *under_way = Some(answer);
                Err(Unopened::Silent)
            }
            Err(RecvTimeoutError::Disconnected) => {
                Err(Unopened::Refused(zbus::Error::Failure("the thread that opens it has ended".into())))
            }
        }
    }
}

/// A connection of its own to the system's bus, on which logind is.
pub(super) fn system() -> zbus::Result<Connection> {
    Builder::system()?.method_timeout(PATIENCE).build()
}

/// A connection of its own to the bus of the user's session.
pub(super) fn session() -> zbus::Result<Connection> {
    Builder::session()?.method_timeout(PATIENCE).build()
}

/// The same buses for those whose wait is bounded already, or who have nothing else to do than to wait. A bus that is late, as
/// at login, is not given up, and no clock runs on beside an answer that has come: it would wake the app when it is at rest.
pub(super) mod unhurried {
    use super::{Builder, Connection};

    /// The system's bus.
    pub(in super::super) fn system() -> zbus::Result<Connection> {
        Builder::system()?.build()
    }

    /// The bus of the user's session.
    pub(in super::super) fn session() -> zbus::Result<Connection> {
        Builder::session()?.build()
    }
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

#[cfg(test)]
mod tests {
    use std::io::Read as _;
    use std::os::unix::net::UnixListener;
    use std::time::Instant;

    use super::*;

    /// A bus that takes a connection, says nothing, and lets go of it in the end.
    #[test]
    fn a_bus_that_never_answers_is_left_alone_and_never_twice() {
        let name = format!("tawk-silent-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        let listener = UnixListener::bind(&path).unwrap();
        let address = format!("unix:path={}", path.display());
        let open = move || Builder::address(address.as_str())?.build();
        let opening = Opening::default();
        let began = Instant::now();
        for _ in 0..2 {
            assert!(matches!(opening.open(open.clone()), Err(Unopened::Silent)));
        }
        assert!(began.elapsed() < 4 * PATIENCE, "{:?}", began.elapsed());
        let (mut peer, _) = listener.accept().unwrap();
        listener.set_nonblocking(true).unwrap();
        assert!(listener.accept().is_err(), "the second time did not connect again");
        // It was heard, and now it is refused: the next time finds out at once.
        assert!(peer.read(&mut [0; 64]).unwrap() > 0);
        drop(peer);
        assert!(matches!(opening.open(open.clone()), Err(Unopened::Refused(_))));
        drop(listener);
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(opening.open(open), Err(Unopened::Refused(_))), "and then it is looked for anew");
    }
}

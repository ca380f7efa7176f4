//! Buses of D-Bus: one that works and can be stopped, and one that never says a word.

use std::fs;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::dialogue::Dialogue;
use crate::home::Home;
use crate::process::Process;
use crate::programs;
use crate::wait::wait_until;

/// A running bus.
pub struct Bus {
    daemon: Process,
    address: String,
}

impl Bus {
    /// Starts one of this name.
    #[track_caller]
    pub fn start(home: &Home, name: &str) -> Self {
        let socket = home.path("run").join(name);
        let template = fs::read_to_string(programs::desk_file("bus.conf")).expect("The bus has a configuration.");
        let config = home.path(format!("{name}.conf"));
        let text = template.replace("@SOCKET@", &socket.display().to_string());
        fs::write(&config, text).expect("The bus's configuration can be written.");
        let mut daemon = home.command("dbus-daemon");
        daemon.arg("--config-file").arg(config).arg("--nofork");
        let daemon = Process::start("dbus-daemon", &home.path(""), &mut daemon);
        wait_until("a bus", Duration::from_secs(10), || socket.exists());
        Self { daemon, address: format!("unix:path={}", socket.display()) }
    }

    /// Its address.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// From now on it takes connections and answers nobody.
    pub fn stop(&self) {
        self.daemon.signal(Signal::SIGSTOP);
    }

    /// It answers again.
    pub fn go_on(&self) {
        self.daemon.signal(Signal::SIGCONT);
    }
}

/// A socket that takes every connection and never answers.
pub struct SilentBus {
    path: PathBuf,
    taken: Arc<Mutex<Vec<UnixStream>>>,
}

impl SilentBus {
    /// Makes one. It goes with the tests.
    #[track_caller]
    pub fn start(home: &Home) -> Self {
        let path = home.path("run/silent");
        let _ = fs::remove_file(&path);
        let listener = UnixListener::bind(&path).expect("A socket can be made.");
        let taken = Arc::<Mutex<Vec<UnixStream>>>::default();
        let theirs = Arc::clone(&taken);
        thread::Builder::new()
            .name("silent bus".into())
            .spawn(move || {
                for stream in listener.incoming().flatten() {
                    theirs.lock().unwrap_or_else(PoisonError::into_inner).push(stream);
                }
            })
            .expect("A thread can be started.");
        Self { path, taken }
    }

    /// Its address.
    pub fn address(&self) -> String {
        format!("unix:path={}", self.path.display())
    }

    /// How many connections it has taken.
    pub fn taken(&self) -> usize {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Says on a session bus that the accessibility bus is elsewhere. Dropping it ends it.
pub struct AccessibilityElsewhere {
    _teller: Dialogue,
}

impl AccessibilityElsewhere {
    /// Says so on the session bus of `home`.
    #[track_caller]
    pub fn start(home: &Home, address: &str) -> Self {
        let base = |program: &str| home.command(program);
        Self { _teller: Dialogue::start("a11y_elsewhere.py", &[address], &home.path(""), &base) }
    }
}

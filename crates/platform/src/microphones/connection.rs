//! The one connection of this process to the sound system.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// After a connection attempt that timed out, the next is made this much later at the earliest: cpal leaves a
/// thread and a socket behind at each, and a server has few places (PulseAudio: 64).
const RETRY_AFTER: Duration = Duration::from_secs(10);

/// How many requests may hang at the same time before further ones are refused at once. Nothing can end a
/// request to a hung server, so this bounds the threads that wait in vain.
const HANGING_AT_MOST: usize = 16;

/// Why there is no answer.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// None came in time.
    Silent,
    /// The sound system said no.
    Failed(cpal::Error),
}

/// The connection, made at first use and again after the server was restarted.
///
/// There is only one, shared by microphones and sounds: cpal's PulseAudio client keeps its socket and its
/// thread until the server closes them, so a connection for each request would exhaust the server. It also
/// makes opening fast.
pub(crate) struct Connection {
    state: Mutex<State>,
    hanging: AtomicUsize,
}

struct State {
    host: Option<Arc<cpal::Host>>,
    not_before: Option<Instant>,
}

impl Connection {
    /// The connection of this process. Touches nothing until something is asked.
    pub(crate) fn shared() -> &'static Connection {
        static SHARED: OnceLock<Connection> = OnceLock::new();
        SHARED.get_or_init(|| Connection {
            state: Mutex::new(State { host: None, not_before: None }),
            hanging: AtomicUsize::new(0),
        })
    }

    /// Runs `work` with the host and waits for its result for at most `limit`. `work` runs on a thread of its
    /// own and may run twice, when the server has been restarted.
    pub(crate) fn ask<T, W>(&'static self, limit: Duration, work: W) -> Result<T, Refusal>
    where
        T: Send + 'static,
        W: Fn(&cpal::Host) -> Result<T, cpal::Error> + Send + 'static,
    {
        let hanging = self.begin().ok_or(Refusal::Silent)?;
        let (answer, answers) = crossbeam_channel::bounded(1);
        let asking = move || {
            let _hanging = hanging;
            // The receiver is gone when the answer comes too late.
            let _ = answer.send(self.with_host(&work));
        };
        thread::Builder::new()
            .name("devices".into())
            .spawn(asking)
            .map_err(|error| Refusal::Failed(no_thread(&error)))?;
        match answers.recv_timeout(limit) {
            Ok(result) => result.map_err(Refusal::Failed),
            Err(_) => Err(Refusal::Silent),
        }
    }

    /// Runs `work` on the calling thread, which may hang with the server.
    pub(crate) fn with_host<T>(&self, work: &dyn Fn(&cpal::Host) -> Result<T, cpal::Error>) -> Result<T, cpal::Error> {
        let (host, is_new) = self.host()?;
        match work(&host) {
            Err(error) if !is_new && is_disconnected(&error) => {
                self.forget(&host);
                work(&self.host()?.0)
            }
            result => result,
        }
    }

    /// Counts a request that could hang, until the result is dropped. `None` when too many hang already.
    pub(crate) fn begin(&'static self) -> Option<Hanging> {
        let before = self.hanging.fetch_add(1, Ordering::Relaxed);
        let hanging = Hanging(self);
        (before < HANGING_AT_MOST).then_some(hanging)
    }

    /// The host, and whether it was connected only now. Holds the lock while it connects (2 s at most), so
    /// that two threads never connect at once.
    fn host(&self) -> Result<(Arc<cpal::Host>, bool), cpal::Error> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(host) = &state.host {
            return Ok((Arc::clone(host), false));
        }
        if state.not_before.is_some_and(|not_before| Instant::now() < not_before) {
            return Err(cpal::Error::with_message(
                cpal::ErrorKind::HostUnavailable,
                "the sound server does not answer",
            ));
        }
        // cpal lists its preferred host first: PulseAudio on Linux, CoreAudio on macOS. The ALSA host is left
        // out on purpose: it has no stable ids and lists dozens of pseudo-devices.
        let Some(&id) = cpal::ALL_HOSTS.first() else {
            return Err(cpal::Error::new(cpal::ErrorKind::HostUnavailable));
        };
        let started = Instant::now();
        match cpal::host_from_id(id) {
            Ok(host) => {
                let host = Arc::new(host);
                *state = State { host: Some(Arc::clone(&host)), not_before: None };
                Ok((host, true))
            }
            Err(error) => {
                // Quick refusals (no server there) cost nothing and may be tried again at once.
                if started.elapsed() > Duration::from_secs(1) {
                    state.not_before = Some(Instant::now() + RETRY_AFTER);
                }
                Err(error)
            }
        }
    }

    fn forget(&self, stale: &Arc<cpal::Host>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.host.as_ref().is_some_and(|host| Arc::ptr_eq(host, stale)) {
            state.host = None;
        }
    }
}

/// A request that has not come back yet.
pub(crate) struct Hanging(&'static Connection);

impl Drop for Hanging {
    fn drop(&mut self) {
        self.0.hanging.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Whether the server has closed the connection.
pub(crate) fn is_disconnected(error: &cpal::Error) -> bool {
    matches!(error.kind(), cpal::ErrorKind::HostUnavailable | cpal::ErrorKind::StreamInvalidated)
}

pub(crate) fn no_thread(error: &std::io::Error) -> cpal::Error {
    cpal::Error::with_message(cpal::ErrorKind::ResourceExhausted, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_host_of_linux_is_pulseaudio() {
        if cfg!(target_os = "linux") {
            assert_eq!(cpal::ALL_HOSTS.first().map(ToString::to_string).as_deref(), Some("pulseaudio"));
        }
    }

    #[test]
    fn too_many_hanging_requests_are_refused_until_one_comes_back() {
        let connection: &'static Connection = Box::leak(Box::new(Connection {
            state: Mutex::new(State { host: None, not_before: None }),
            hanging: AtomicUsize::new(0),
        }));
        let mut hanging: Vec<_> = (0..HANGING_AT_MOST).map(|_| connection.begin().unwrap()).collect();
        assert!(connection.begin().is_none());
        assert!(connection.begin().is_none());
        hanging.pop();
        assert!(connection.begin().is_some());
    }
}

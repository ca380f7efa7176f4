//! The way to the main thread, where macOS wants its event handlers.

use std::time::Duration;

use crossbeam_channel::bounded;
use dispatch2::DispatchQueue;
use objc2::MainThreadMarker;
use tawk_core::{Error, ErrorKind, Result};

/// How long to wait for the main thread. It never works for long, so that a longer silence means that it runs no
/// event loop at all (the command line) or hangs.
const PATIENCE: Duration = Duration::from_secs(5);

/// Whether this is the main thread.
pub(super) fn is_current() -> bool {
    MainThreadMarker::new().is_some()
}

/// Runs `work` on the main thread and waits for what it returns; on the main thread itself, runs it at once.
///
/// If nobody waits any more when `work` returns, what it returned is dropped on the main thread.
///
/// # Errors
/// `Internal` when the main thread does not answer within 5 s.
pub(super) fn call<R: Send + 'static>(work: impl FnOnce(MainThreadMarker) -> R + Send + 'static) -> Result<R> {
    call_within(PATIENCE, work).ok_or_else(|| {
        Error::new(
            ErrorKind::Internal,
            "The main thread of the app did not answer within 5 seconds. Quit Tawk and start it again.",
        )
    })
}

/// As [`call`], for a question that can do without an answer: `None` when the main thread gives none within `patience`.
pub(super) fn call_within<R: Send + 'static>(
    patience: Duration,
    work: impl FnOnce(MainThreadMarker) -> R + Send + 'static,
) -> Option<R> {
    if let Some(main) = MainThreadMarker::new() {
        return Some(work(main));
    }
    let (answer, answered) = bounded(1);
    queue(move |main| {
        // The one who asked may have lost patience; then the answer is dropped here.
        let _ = answer.send(work(main));
    });
    answered.recv_timeout(patience).ok()
}

/// Has `work` run on the main thread later, after what was queued before, and does not wait. Where no event loop
/// runs it is never run.
pub(super) fn queue(work: impl FnOnce(MainThreadMarker) + Send + 'static) {
    DispatchQueue::main().exec_async(move || {
        if let Some(main) = MainThreadMarker::new() {
            work(main);
        }
    });
}

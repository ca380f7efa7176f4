//! Waiting with a bound.

use std::thread;
use std::time::{Duration, Instant};

/// Asks `ready` every 10 ms until it gives something; `None` after `bound`.
pub fn wait<T>(bound: Duration, mut ready: impl FnMut() -> Option<T>) -> Option<T> {
    let end = Instant::now() + bound;
    loop {
        if let Some(value) = ready() {
            return Some(value);
        }
        if Instant::now() >= end {
            return None;
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// As [`wait`], but fails with `what` when the bound has passed.
#[track_caller]
pub fn wait_for<T>(what: &str, bound: Duration, ready: impl FnMut() -> Option<T>) -> T {
    match wait(bound, ready) {
        Some(value) => value,
        None => panic!("Waited {} s in vain: {what}.", bound.as_secs_f32()),
    }
}

/// As [`wait_for`], for a condition.
#[track_caller]
pub fn wait_until(what: &str, bound: Duration, mut holds: impl FnMut() -> bool) {
    wait_for(what, bound, || holds().then_some(()));
}

/// Lets `ms` milliseconds pass.
pub fn pause(ms: u64) {
    thread::sleep(Duration::from_millis(ms));
}

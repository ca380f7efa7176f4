//! What the audio callback, the reader and the `devices` thread of one microphone share: atomics only.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering};
use std::thread::Thread;
use std::time::{Duration, Instant};

/// Sound older than this when it reaches the callback is a server's wrong sum, not a slow device: the slowest
/// (Bluetooth) take a few hundred milliseconds.
const AGE_LIMIT: Duration = Duration::from_secs(1);

/// Why a running microphone stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Fault {
    /// The device is gone, or the server ended the stream.
    DeviceGone = 1,
    /// The sound server is gone, or the device changed so that the stream cannot go on.
    StreamBroken = 2,
}

/// How far opening has come, for the sentence that explains a timeout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Stage {
    /// Asking the sound server.
    Asking = 0,
    /// The device was found; it has not delivered a sample yet.
    Waiting = 1,
}

pub(super) struct Shared {
    base: Instant,
    /// Nanoseconds after `base`; 0 before the first samples.
    captured_until: AtomicU64,
    overruns: AtomicU64,
    fault: AtomicU8,
    stage: AtomicU8,
    stopped: AtomicBool,
    reader: Thread,
    watcher: OnceLock<Thread>,
}

impl Shared {
    /// For a microphone that `reader` reads.
    pub(super) fn new(reader: Thread) -> Self {
        Self {
            base: Instant::now(),
            captured_until: AtomicU64::new(0),
            overruns: AtomicU64::new(0),
            fault: AtomicU8::new(0),
            stage: AtomicU8::new(Stage::Asking as u8),
            stopped: AtomicBool::new(false),
            reader,
            watcher: OnceLock::new(),
        }
    }

    /// Notes, on the audio callback, that `frames` were delivered now and how old they are by the stream's
    /// clock, and how many of them were lost; then wakes the reader.
    pub(super) fn heard(&self, frames: Span, stamp: cpal::InputStreamTimestamp, lost: usize) {
        let latency = stamp.callback.checked_duration_since(stamp.capture).unwrap_or_default();
        let until = self.base.elapsed().saturating_sub(age_of_last(latency, frames.duration()));
        let until = u64::try_from(until.as_nanos()).unwrap_or(u64::MAX).max(1);
        // Release: whoever sees this moment also sees the samples that were pushed before it.
        self.captured_until.fetch_max(until, Ordering::Release);
        if lost > 0 {
            self.overruns.fetch_add(lost as u64, Ordering::Relaxed);
        }
        // Allowed in the callback: an atomic swap, and one futex wake (a semaphore signal on macOS) when the
        // reader really sleeps. Neither takes a lock, allocates or waits for the reader.
        self.reader.unpark();
    }

    /// The moment that [`Shared::heard`] noted last; everything before it is in the ring or was taken out.
    pub(super) fn captured_until(&self) -> Option<Instant> {
        match self.captured_until.load(Ordering::Acquire) {
            0 => None,
            nanoseconds => self.base.checked_add(Duration::from_nanos(nanoseconds)),
        }
    }

    pub(super) fn overruns(&self) -> u64 {
        self.overruns.load(Ordering::Relaxed)
    }

    /// Reports a fault; `true` for the first one only. Wakes everybody.
    pub(super) fn fail(&self, fault: Fault) -> bool {
        let is_first = self.fault.compare_exchange(0, fault as u8, Ordering::AcqRel, Ordering::Relaxed).is_ok();
        if is_first {
            self.reader.unpark();
            self.wake_watcher();
        }
        is_first
    }

    pub(super) fn fault(&self) -> Option<Fault> {
        match self.fault.load(Ordering::Acquire) {
            0 => None,
            fault if fault == Fault::DeviceGone as u8 => Some(Fault::DeviceGone),
            _ => Some(Fault::StreamBroken),
        }
    }

    /// Ends the stream: the `devices` thread drops it.
    pub(super) fn stop(&self) {
        self.stopped.store(true, Ordering::Release);
        self.wake_watcher();
    }

    /// Whether the stream is of no use any more.
    pub(super) fn is_over(&self) -> bool {
        self.stopped.load(Ordering::Acquire) || self.fault().is_some()
    }

    pub(super) fn set_watcher(&self, watcher: Thread) {
        // Called once, by the watcher itself before the stream exists.
        let _ = self.watcher.set(watcher);
    }

    fn wake_watcher(&self) {
        if let Some(watcher) = self.watcher.get() {
            watcher.unpark();
        }
    }

    pub(super) fn set_stage(&self, stage: Stage) {
        self.stage.store(stage as u8, Ordering::Relaxed);
    }

    pub(super) fn is_waiting_for_samples(&self) -> bool {
        self.stage.load(Ordering::Relaxed) == Stage::Waiting as u8
    }
}

/// A number of frames at a rate.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) frames: usize,
    /// Hz, above 0.
    pub(super) rate: u32,
}

impl Span {
    fn duration(self) -> Duration {
        Duration::from_nanos(self.frames as u64 * 1_000_000_000 / u64::from(self.rate))
    }
}

/// How old the last frame of a buffer is at the callback. `latency` is the age of the buffer's first frame
/// (that is what cpal's capture time means), and `span` is the buffer's duration.
fn age_of_last(latency: Duration, span: Duration) -> Duration {
    latency.saturating_sub(span).min(AGE_LIMIT)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::{InputStreamTimestamp, StreamInstant};

    const MS: Duration = Duration::from_millis(1);
    const TEN_MS: Span = Span { frames: 480, rate: 48_000 };

    fn stamp(callback: u64, capture: u64) -> InputStreamTimestamp {
        InputStreamTimestamp {
            callback: StreamInstant::from_millis(callback),
            capture: StreamInstant::from_millis(capture),
        }
    }

    #[test]
    fn the_last_frame_is_younger_than_the_first_by_the_buffer() {
        assert_eq!(age_of_last(25 * MS, 10 * MS), 15 * MS);
        assert_eq!(age_of_last(5 * MS, 10 * MS), Duration::ZERO);
        assert_eq!(age_of_last(3_600_000 * MS, 10 * MS), AGE_LIMIT);
    }

    #[test]
    fn captured_until_never_goes_back_and_never_lies_in_the_future() {
        let shared = Shared::new(std::thread::current());
        assert_eq!(shared.captured_until(), None);
        std::thread::sleep(20 * MS);
        shared.heard(TEN_MS, stamp(100, 90), 0);
        let first = shared.captured_until().unwrap();
        assert!(first <= Instant::now());
        // A clock that jumps, a latency of an hour: both are nonsense and change nothing for the worse.
        shared.heard(TEN_MS, stamp(100, 4_000), 0);
        let second = shared.captured_until().unwrap();
        assert!(first <= second && second <= Instant::now());
        shared.heard(TEN_MS, stamp(4_000_000, 0), 0);
        assert_eq!(shared.captured_until().unwrap(), second);
    }

    #[test]
    fn only_the_first_fault_counts() {
        let shared = Shared::new(std::thread::current());
        assert!(!shared.is_over());
        assert!(shared.fail(Fault::StreamBroken));
        assert!(!shared.fail(Fault::DeviceGone));
        assert_eq!(shared.fault(), Some(Fault::StreamBroken));
        assert!(shared.is_over());
    }

    #[test]
    fn lost_frames_are_counted() {
        let shared = Shared::new(std::thread::current());
        shared.heard(TEN_MS, stamp(100, 90), 3);
        shared.heard(TEN_MS, stamp(110, 100), 480);
        assert_eq!(shared.overruns(), 483);
    }
}

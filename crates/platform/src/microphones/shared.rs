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
    /// The sound server is gone, or the stream cannot go on.
    StreamBroken = 2,
    /// Nothing comes any more, and nobody says why.
    Stalled = 3,
    /// The device has another rate now.
    FormatChanged = 4,
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

    /// Notes, on the audio callback, that frames were delivered now, how long ago the last of them was heard, and how
    /// many of them were lost; then wakes the reader.
    pub(super) fn heard(&self, age: Duration, lost: usize) {
        let until = self.base.elapsed().saturating_sub(age.min(AGE_LIMIT));
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
            fault if fault == Fault::Stalled as u8 => Some(Fault::Stalled),
            fault if fault == Fault::FormatChanged as u8 => Some(Fault::FormatChanged),
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

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);

    #[test]
    fn captured_until_never_goes_back_and_never_lies_in_the_future() {
        let shared = Shared::new(std::thread::current());
        assert_eq!(shared.captured_until(), None);
        std::thread::sleep(20 * MS);
        shared.heard(Duration::ZERO, 0);
        let first = shared.captured_until().unwrap();
        assert!(first <= Instant::now());
        // An age of an hour is nonsense and changes nothing for the worse.
        shared.heard(3_600_000 * MS, 0);
        assert_eq!(shared.captured_until().unwrap(), first);
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
    fn every_fault_is_told_as_what_it_is() {
        for fault in [Fault::DeviceGone, Fault::StreamBroken, Fault::Stalled, Fault::FormatChanged] {
            let shared = Shared::new(std::thread::current());
            assert!(shared.fail(fault));
            assert_eq!(shared.fault(), Some(fault));
        }
    }

    #[test]
    fn lost_frames_are_counted() {
        let shared = Shared::new(std::thread::current());
        shared.heard(10 * MS, 3);
        shared.heard(10 * MS, 480);
        assert_eq!(shared.overruns(), 483);
    }
}

//! No App Nap, and no sleep while something is dictated: activities that the user has begun and that cannot wait.

use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::{NSObjectProtocol, ProtocolObject};
use objc2_foundation::{NSActivityOptions, NSProcessInfo, NSString};
use tawk_core::ports::{Hold, Wakefulness};

/// The sleep of this Mac.
pub(crate) struct SystemWakefulness;

impl SystemWakefulness {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Wakefulness for SystemWakefulness {
    /// `UserInitiated` keeps the Mac from idle sleep and Tawk out of App Nap; `LatencyCritical` is what Apple's
    /// documentation gives for recording sound: timers are not put off. The display may go dark. `NSProcessInfo` may be
    /// used from any thread.
    fn hold(&self, reason: &str) -> Option<Box<dyn Hold>> {
        Some(begin(NSActivityOptions::UserInitiated | NSActivityOptions::LatencyCritical, reason))
    }

    /// App Nap takes whoever shows nothing and is not in front, as Tawk hardly ever is. This keeps neither the Mac nor the
    /// display awake.
    fn attend(&self, reason: &str) -> Option<Box<dyn Hold>> {
        Some(begin(NSActivityOptions::UserInitiatedAllowingIdleSystemSleep, reason))
    }
}

fn begin(options: NSActivityOptions, reason: &str) -> Box<dyn Hold> {
    let reason = NSString::from_str(reason);
    Box::new(Activity(autoreleasepool(|_| {
        NSProcessInfo::processInfo().beginActivityWithOptions_reason(options, &reason)
    })))
}

struct Activity(Retained<ProtocolObject<dyn NSObjectProtocol>>);

impl Hold for Activity {}

impl Drop for Activity {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the token came from `beginActivityWithOptions:reason:` and is given back once.
        autoreleasepool(|_| unsafe { NSProcessInfo::processInfo().endActivity(&self.0) });
    }
}

//! No sleep and no App Nap: an activity that the user has begun and that cannot wait.

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
        let options = NSActivityOptions::UserInitiated | NSActivityOptions::LatencyCritical;
        let activity = autoreleasepool(|_| {
            NSProcessInfo::processInfo().beginActivityWithOptions_reason(options, &NSString::from_str(reason))
        });
        Some(Box::new(Activity(activity)))
    }
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

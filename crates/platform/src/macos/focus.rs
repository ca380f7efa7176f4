//! Which app is frontmost.

use objc2::rc::autoreleasepool;
use objc2_app_kit::NSWorkspace;
use tawk_core::Result;
use tawk_core::ports::{Focus, Target};

use super::carbon;

/// The focus of this Mac. The target is the frontmost app, by its process id.
///
/// AppKit brings the frontmost app up to date when the main thread's run loop turns, which it does when the user
/// changes to another app. In a program that runs none, such as the command line, it stays what it was at first.
pub(crate) struct SystemFocus;

impl SystemFocus {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Focus for SystemFocus {
    fn current(&self) -> Result<Option<Target>> {
        Ok(autoreleasepool(|_| {
            let app = NSWorkspace::sharedWorkspace().frontmostApplication()?;
            // An app without a process has the id -1.
            let id = u64::try_from(app.processIdentifier()).ok()?;
            let name = app.localizedName().map(|name| name.to_string()).unwrap_or_default();
            Some(Target { id, app: name })
        }))
    }

    fn secure_input(&self) -> bool {
        carbon::secure_input()
    }
}

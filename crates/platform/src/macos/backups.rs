//! Backups: Time Machine leaves out what carries Foundation's mark.

use std::path::Path;

use objc2::rc::autoreleasepool;
use objc2_foundation::{NSNumber, NSString, NSURL, NSURLIsExcludedFromBackupKey};
use tawk_core::ports::Backups;
use tawk_core::{Error, ErrorKind, Result};

/// Time Machine.
pub(crate) struct SystemBackups;

impl SystemBackups {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Backups for SystemBackups {
    #[allow(unsafe_code)]
    fn leave_out(&self, folder: &Path) -> Result<()> {
        autoreleasepool(|_| {
            let url = NSURL::fileURLWithPath_isDirectory(&NSString::from_str(&folder.to_string_lossy()), true);
            let yes = NSNumber::numberWithBool(true);
            // SAFETY: the key is a constant of Foundation that is never changed, and its value is a Boolean number, as Apple
            // documents.
            unsafe { url.setResourceValue_forKey_error(Some(&yes), NSURLIsExcludedFromBackupKey) }
        })
        .map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                format!(
                    "Time Machine could not be told to leave out {} ({}). Exclude the folder in System Settings, General, Time \
                     Machine.",
                    folder.display(),
                    error.localizedDescription().to_string().trim_end_matches('.')
                ),
            )
        })
    }
}

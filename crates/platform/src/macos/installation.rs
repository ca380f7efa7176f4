//! Where Tawk was started from, and the way to where it belongs.
//!
//! Tawk does not move itself: an app that was downloaded stays translocated until somebody moves it in the Finder, whoever
//! else copies it.

use std::env;
use std::path::Path;

use objc2::rc::autoreleasepool;
use objc2_app_kit::NSWorkspace;
use objc2_foundation::{NSArray, NSString, NSURL};
use tawk_core::place::Place;
use tawk_core::ports::Installation;
use tawk_core::{Error, ErrorKind, Result};

/// Where apps belong.
const APPLICATIONS: &str = "/Applications";

/// The program of this process.
pub(crate) struct SystemInstallation;

impl SystemInstallation {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Installation for SystemInstallation {
    fn place(&self) -> Place {
        env::current_exe().map_or(Place::Settled, |program| Place::of(&program.to_string_lossy()))
    }

    /// The Finder shows Applications, and Tawk on its disk image beside it.
    fn show(&self) -> Result<()> {
        let opened = autoreleasepool(|_| {
            let finder = NSWorkspace::sharedWorkspace();
            if let (Place::Volume(_), Ok(program)) = (self.place(), env::current_exe())
                && let Some(bundle) = bundle_of(&program)
            {
                finder.activateFileViewerSelectingURLs(&NSArray::from_retained_slice(&[folder(bundle)]));
            }
            finder.openURL(&folder(Path::new(APPLICATIONS)))
        });
        if opened {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            "The Finder could not be opened. Open it yourself, and drag Tawk into the Applications folder.",
        ))
    }
}

/// `Tawk.app` of `Tawk.app/Contents/MacOS/tawk-app`.
fn bundle_of(program: &Path) -> Option<&Path> {
    program.ancestors().find(|folder| folder.extension().is_some_and(|extension| extension == "app"))
}

fn folder(path: &Path) -> objc2::rc::Retained<NSURL> {
    NSURL::fileURLWithPath_isDirectory(&NSString::from_str(&path.to_string_lossy()), true)
}

//! Where Tawk was started from: on Linux any place will do.

use tawk_core::place::Place;
use tawk_core::ports::Installation;
use tawk_core::{Error, ErrorKind, Result};

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
        Place::Settled
    }

    fn show(&self) -> Result<()> {
        Err(Error::new(ErrorKind::Unsupported, "This system has no folder for apps. Tawk can stay where it is."))
    }
}

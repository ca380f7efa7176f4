//! Backups: Linux has no word by which a folder asks to be left out of all of them.

use std::path::Path;

use tawk_core::Result;
use tawk_core::ports::Backups;

/// The backups of this machine.
pub(crate) struct SystemBackups;

impl SystemBackups {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Backups for SystemBackups {
    fn leave_out(&self, _folder: &Path) -> Result<()> {
        Ok(())
    }
}

//! Backups that remember what they leave out.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use tawk_core::Result;
use tawk_core::ports::Backups;

use super::lock;

/// The backups of the machine.
#[derive(Clone, Default)]
pub struct FakeBackups {
    left_out: Arc<Mutex<Vec<PathBuf>>>,
}

impl FakeBackups {
    /// What is left out, in the order in which that was asked.
    pub fn left_out(&self) -> Vec<PathBuf> {
        lock(&self.left_out).clone()
    }
}

impl Backups for FakeBackups {
    fn leave_out(&self, folder: &Path) -> Result<()> {
        lock(&self.left_out).push(folder.to_path_buf());
        Ok(())
    }
}

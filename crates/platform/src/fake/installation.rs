//! A place that a test chooses.

use std::sync::{Arc, Mutex};

use tawk_core::Result;
use tawk_core::place::Place;
use tawk_core::ports::Installation;

use super::lock;

/// Where Tawk was started from: where it can stay, until a test says otherwise.
#[derive(Clone, Default)]
pub struct FakeInstallation {
    state: Arc<Mutex<(Place, u32)>>,
}

impl FakeInstallation {
    /// Sets the place.
    pub fn set(&self, place: Place) {
        lock(&self.state).0 = place;
    }

    /// How often the folder for apps was shown.
    pub fn times_shown(&self) -> u32 {
        lock(&self.state).1
    }
}

impl Installation for FakeInstallation {
    fn place(&self) -> Place {
        lock(&self.state).0.clone()
    }

    fn show(&self) -> Result<()> {
        lock(&self.state).1 += 1;
        Ok(())
    }
}

//! The accessibility bus, over which apps tell what kind of field has the keyboard.

use std::path::Path;
use std::time::Duration;

use crate::home::Home;
use crate::process::Process;
use crate::wait::wait_until;

/// Debian's place for the program that starts the bus and its registry.
const LAUNCHER: &str = "/usr/libexec/at-spi-bus-launcher";

/// What keeps apps away from the bus.
const SILENCERS: [(&str, &str); 2] = [("NO_AT_BRIDGE", "1"), ("GTK_A11Y", "none")];

/// The bus, on the desk's session bus. Dropping it ends it.
pub struct Accessibility {
    _launcher: Process,
}

impl Accessibility {
    /// Starts it. Apps that are started afterwards, until [`Accessibility::hide`], speak with it.
    #[track_caller]
    pub fn start(home: &mut Home) -> Self {
        assert!(Path::new(LAUNCHER).exists(), "{LAUNCHER} is missing. Run scripts/setup.");
        for (variable, _) in SILENCERS {
            home.unset(variable);
        }
        let mut launcher = home.command(LAUNCHER);
        launcher.arg("--launch-immediately");
        let launcher = Process::start("at-spi-bus-launcher", &home.path(""), &mut launcher);
        wait_until("the accessibility bus", Duration::from_secs(10), || {
            crate::display::output_of(home.command("xprop").args(["-root", "AT_SPI_BUS"])).contains("unix:")
        });
        Self { _launcher: launcher }
    }

    /// From now on apps are started that say nothing of their fields.
    pub fn hide(home: &mut Home) {
        for (variable, value) in SILENCERS {
            home.set(variable, value);
        }
    }
}

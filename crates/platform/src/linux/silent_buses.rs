//! Buses that take connections and never answer. GTK waits for them without end when a program with windows starts.

use super::accessibility::Bus;
use super::bus::{self, Opening, Unopened};

/// The variables of the environment under which a program with windows does without the buses that do not answer; none
/// when they do. Takes milliseconds, or a few seconds where one is silent.
pub fn around_silent_buses() -> Vec<(&'static str, &'static str)> {
    let no_bridge = ("NO_AT_BRIDGE", "1");
    let silent = |opened: Result<(), Unopened>| matches!(opened, Err(Unopened::Silent));
    if silent(Opening::default().open(bus::unhurried::session).map(drop)) {
        return vec![("DBUS_SESSION_BUS_ADDRESS", "disabled:"), no_bridge];
    }
    // A program that is kept away from that of the accessibility tools does not wait for it.
    let is_away = std::env::var_os(no_bridge.0).is_some_and(|value| value == no_bridge.1);
    if !is_away && silent(Bus::connect(&Opening::default()).map(drop)) {
        return vec![no_bridge];
    }
    Vec::new()
}

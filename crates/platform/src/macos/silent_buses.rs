//! macOS has no buses that a program with windows waits for.

/// None: there is nothing to do without.
pub fn around_silent_buses() -> Vec<(&'static str, &'static str)> {
    Vec::new()
}

//! What the system keeps about Tawk in places of its own.

use std::path::PathBuf;

/// Files and folders outside Tawk's own that are there because of Tawk. Linux: none, the web view's data lie in Tawk's.
pub fn leavings() -> Vec<PathBuf> {
    Vec::new()
}

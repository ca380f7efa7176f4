//! What the system keeps about Tawk in places of its own.

use std::path::PathBuf;

use super::permissions::BUNDLE_ID;

/// Files and folders outside Tawk's own that are there because of Tawk: what WebKit and AppKit write for every app by
/// its bundle identifier.
pub fn leavings() -> Vec<PathBuf> {
    let Some(home) = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute()) else {
        return Vec::new();
    };
    let library = home.join("Library");
    let folders = ["WebKit", "Caches", "HTTPStorages"].map(|folder| library.join(folder).join(BUNDLE_ID));
    let files = [format!("Preferences/{BUNDLE_ID}.plist"), format!("Saved Application State/{BUNDLE_ID}.savedState")];
    folders.into_iter().chain(files.map(|file| library.join(file))).collect()
}

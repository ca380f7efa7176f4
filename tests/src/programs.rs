//! Where the programs are: Tawk's own, and those that make the desk.

use std::env;
use std::path::{Path, PathBuf};

/// The repository's root.
pub fn repository() -> PathBuf {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().expect("The tests lie in the repository.").to_path_buf()
}

/// A file of `tests/desk`.
pub(crate) fn desk_file(name: &str) -> PathBuf {
    repository().join("tests/desk").join(name)
}

/// The `tawk` program under test.
pub fn tawk() -> PathBuf {
    under_test("TAWK_BIN")
}

/// The `tawk-app` program under test.
pub fn tawk_app() -> PathBuf {
    under_test("TAWK_APP_BIN")
}

#[track_caller]
fn under_test(variable: &str) -> PathBuf {
    let path = env::var_os(variable).map(PathBuf::from).unwrap_or_else(|| {
        panic!("{variable} is not set. Run scripts/test, which builds the programs and passes their paths.")
    });
    assert!(path.is_file(), "{variable} names {}, which is not there. Run scripts/test.", path.display());
    path
}

/// Debian's own Python: the one that has GTK, Tk and D-Bus.
pub(crate) fn python() -> &'static str {
    "/usr/bin/python3"
}

/// Whether a program is on the PATH.
pub fn exists(program: &str) -> bool {
    find(program).is_some()
}

/// Fails with one sentence that names every program of `wanted` that is missing.
#[track_caller]
pub fn need(wanted: &[&str]) {
    let missing: Vec<_> = wanted.iter().copied().filter(|program| !exists(program)).collect();
    assert!(missing.is_empty(), "These programs are missing: {}. Run scripts/setup.", missing.join(", "));
}

fn find(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path).map(|folder| folder.join(program)).find(|candidate| candidate.is_file())
}

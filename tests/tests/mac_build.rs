//! The scripts that build, sign, notarize and verify the Mac app; their tests are in `tests/mac`, in Python as the
//! scripts are.

use std::path::Path;
use std::process::Command;

/// Runs one file of `tests/mac` and fails with what it printed.
fn run(file: &str) {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let done = Command::new("python3")
        .args(["-B", "-m", "unittest", "discover", "-s", "mac", "-p", file])
        .current_dir(root)
        .output()
        .unwrap_or_else(|error| panic!("python3 could not be started: {error}. Install Debian's python3."));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said}");
    assert!(!said.contains("Ran 0 tests"), "{said}");
}

#[test]
fn notarizing_submits_once_and_resumes() {
    run("test_notarize.py");
}

#[test]
fn each_fault_of_a_bundle_is_named() {
    run("test_bundle.py");
}

#[test]
fn a_link_takes_only_what_is_reviewed() {
    run("test_link.py");
}

#[test]
fn scripts_and_workflows_of_a_release_keep_their_rules() {
    run("test_scripts.py");
}

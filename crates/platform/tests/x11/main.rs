//! X11 for real: an Xvfb of its own, keys pressed by simulated hands, and a GTK window that reads what is typed.
//!
//! The display is chosen by the environment, which belongs to the whole process; so the test starts its own program
//! again with the right one, and that run does the work.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod desk;
mod focus;
mod hands;
mod hotkeys;
mod panel;
mod raw_keys;
mod receiver;
mod server;
mod text;
mod typing;

use std::process::Command;

/// Set for the run that does the work, to the process id of its display.
const MARK: &str = "TAWK_TEST_X11";

#[test]
fn everything_works_on_a_display_of_its_own() {
    let Some(server) = server::Xvfb::start() else {
        eprintln!("skipped: Xvfb is not installed");
        return;
    };
    run_on(&server, &["--skip", desk::LAST]);
    // The one test that ends its display comes last.
    run_on(&server, &["--exact", desk::LAST]);
}

fn run_on(server: &server::Xvfb, which: &[&str]) {
    let mut run = Command::new(std::env::current_exe().unwrap());
    run.args(["--ignored", "--test-threads=1"]).args(which);
    run.env("DISPLAY", server.name()).env(MARK, server.id().to_string()).env_remove("WAYLAND_DISPLAY");
    assert!(run.status().unwrap().success());
}

/// Whether this is the run that does the work.
fn is_inner_run() -> bool {
    std::env::var_os(MARK).is_some()
}

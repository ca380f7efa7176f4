//! Whole-program tests that share one virtual desk, in order.
#![allow(clippy::print_stdout)] // A test reports on its standard output.

use std::process::ExitCode;

use tawk_tests::desk::Desk;
use tawk_tests::{programs, runner};

mod commands;
mod crash;
mod dictation;
mod furniture;
mod history;
mod hud;
mod instances;
mod manners;
mod microphones;
mod notifications;
mod password;
mod phrases;
mod privacy;
mod settings;
mod silent_buses;
mod storage;
mod trouble;
mod typing;
mod window;
mod world;

use world::World;

fn main() -> ExitCode {
    let mut checks = Vec::new();
    checks.extend(furniture::checks());
    checks.extend(typing::checks());
    checks.extend(dictation::checks());
    checks.extend(phrases::checks());
    checks.extend(history::checks());
    checks.extend(hud::checks());
    checks.extend(microphones::checks());
    checks.extend(password::checks());
    checks.extend(commands::checks());
    checks.extend(window::checks());
    checks.extend(settings::checks());
    checks.extend(privacy::checks());
    checks.extend(notifications::checks());
    checks.extend(crash::checks());
    checks.extend(storage::checks());
    checks.extend(instances::checks());
    checks.extend(silent_buses::checks());
    checks.extend(manners::checks());
    // Last, since its last one takes the display away.
    checks.extend(trouble::checks());
    let start = || {
        // Told at once when the programs are not built.
        programs::tawk();
        programs::tawk_app();
        World::new(Desk::start())
    };
    runner::run(checks, start, World::after_failure)
}

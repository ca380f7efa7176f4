//! Whole-program tests that share one virtual desk, in order.

use std::process::ExitCode;

use tawk_tests::desk::Desk;
use tawk_tests::runner;

mod furniture;
mod world;

use world::World;

fn main() -> ExitCode {
    let mut checks = Vec::new();
    checks.extend(furniture::checks());
    runner::run(checks, || World::new(Desk::start()), World::after_failure)
}

//! Feeds spoiled input to every target: each starts from the files of its corpus and spoils them, for 3 s or what
//! TAWK_FUZZ_SECONDS says, with the random numbers of TAWK_FUZZ_SEED. Input that fails is left in `target/fuzz`.

#![allow(clippy::print_stdout)] // A test reports on its standard output.

mod spoiled;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use spoiled::Spoiled;
use tawk_fuzz::Target;
use tawk_tests::programs::repository;

/// An input that takes longer than this hangs. Generous, for a machine that builds meanwhile.
const LONGEST: Duration = Duration::from_secs(10);

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} must be a number.")))
}

/// Spoils the corpus `name` until the time is over.
#[track_caller]
fn fuzz(name: &str, mut target: Target) {
    let length = Duration::from_secs(variable("TAWK_FUZZ_SECONDS", 3));
    let seed = variable("TAWK_FUZZ_SEED", 1);
    let mut inputs = Spoiled::of(&repository().join("tests/fuzz/corpus").join(name), seed);
    let (start, mut count) = (Instant::now(), 0u64);
    while start.elapsed() < length {
        let input = inputs.next();
        let began = Instant::now();
        let outcome = catch_unwind(AssertUnwindSafe(|| target(&input)));
        let took = began.elapsed();
        if outcome.is_err() || took > LONGEST {
            let folder = repository().join("target/fuzz");
            fs::create_dir_all(&folder).expect("A folder can be made.");
            let file = folder.join(format!("{name}-{seed}-{count}"));
            fs::write(&file, &input).expect("A file can be written.");
            panic!("{name}: input {count} of seed {seed} fails after {took:?}. It is in {}.", file.display());
        }
        count += 1;
    }
    assert!(count > inputs.corpus() as u64, "{name}: only {count} inputs; not even the corpus was tried.");
    println!("{name}: {count} inputs in {:.1} s", start.elapsed().as_secs_f64());
}

#[test]
fn wav() {
    fuzz("wav", tawk_fuzz::wav());
}

#[test]
fn journal() {
    fuzz("journal", tawk_fuzz::journal());
}

#[test]
fn model() {
    fuzz("model", tawk_fuzz::model());
}

#[test]
fn settings() {
    fuzz("settings", tawk_fuzz::settings());
}

#[test]
fn catalogue() {
    fuzz("catalogue", tawk_fuzz::catalogue());
}

#[test]
fn control() {
    fuzz("control", tawk_fuzz::control());
}

#[test]
fn window() {
    fuzz("window", tawk_fuzz::window());
}

#[test]
fn keystrokes() {
    fuzz("keystrokes", tawk_fuzz::keystrokes());
}

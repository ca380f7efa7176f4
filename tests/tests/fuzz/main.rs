//! Feeds spoiled input to everything that reads what may not be what Tawk has written: audio files, journals, model files,
//! settings, the catalogue, the control socket, the window's requests, and texts to type.
//!
//! Each target starts from the files of `tests/fuzz/TARGET` and spoils them. TAWK_FUZZ_SECONDS says for how long (3 s each
//! unless told otherwise), TAWK_FUZZ_SEED with which random numbers. Input that fails is left in `target/fuzz`.

#![allow(clippy::print_stdout)] // A test reports on its standard output.

mod control;
mod spoiled;
mod targets;
mod window;

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use spoiled::Spoiled;
use tawk_tests::programs::repository;

/// An input that takes longer than this hangs. Generous, for a machine that builds meanwhile.
const LONGEST: Duration = Duration::from_secs(10);

fn variable(name: &str, default: u64) -> u64 {
    std::env::var(name).map_or(default, |value| value.parse().unwrap_or_else(|_| panic!("{name} must be a number.")))
}

/// Spoils the corpus `name` until the time is over. `target` panics where something is wrong.
#[track_caller]
fn fuzz(name: &str, mut target: impl FnMut(&[u8])) {
    let length = Duration::from_secs(variable("TAWK_FUZZ_SECONDS", 3));
    let seed = variable("TAWK_FUZZ_SEED", 1);
    let mut inputs = Spoiled::of(&repository().join("tests/fuzz").join(name), seed);
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

//! Runs checks in order and reports them as cargo's own runner does.

use std::any::Any;
use std::env;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

/// One check: its name, how long it may take, and what it does to the world.
pub struct Check<W> {
    /// The name, without spaces.
    pub name: String,
    /// After this the whole run is given up.
    pub bound: Duration,
    /// The check; it panics when it fails.
    pub run: Box<dyn Fn(&mut W)>,
}

/// A check with the usual bound of two minutes.
pub fn check<W>(name: impl Into<String>, run: impl Fn(&mut W) + 'static) -> Check<W> {
    check_within(name, Duration::from_secs(120), run)
}

/// A check with a bound of its own.
pub fn check_within<W>(name: impl Into<String>, bound: Duration, run: impl Fn(&mut W) + 'static) -> Check<W> {
    Check { name: name.into(), bound, run: Box::new(run) }
}

/// Runs those of `checks` that the command line asks for (all, or those whose name contains one of the words;
/// `--list` only names them). `start` makes the world when there is something to run; `failed` is called after
/// each failure.
pub fn run<W>(checks: Vec<Check<W>>, start: impl FnOnce() -> W, mut failed: impl FnMut(&mut W, &str)) -> ExitCode {
    let words: Vec<_> = env::args().skip(1).filter(|word| !word.starts_with("--")).collect();
    if env::args().any(|word| word == "--list") {
        for check in &checks {
            println!("{}: test", check.name);
        }
        return ExitCode::SUCCESS;
    }
    let all = checks.len();
    let wanted: Vec<_> =
        checks.into_iter().filter(|c| words.is_empty() || words.iter().any(|word| c.name.contains(word))).collect();
    println!("\nrunning {} tests", wanted.len());
    let place = note_places();
    let begin = Instant::now();
    let (mut passed, mut failures) = (0, Vec::new());
    if !wanted.is_empty() {
        let mut world = match catch_unwind(AssertUnwindSafe(start)) {
            Ok(world) => world,
            Err(panic) => {
                println!("The desk cannot be set up: {}", words_of(&*panic));
                return ExitCode::from(101);
            }
        };
        for check in &wanted {
            let since = Instant::now();
            let outcome = within(check, || catch_unwind(AssertUnwindSafe(|| (check.run)(&mut world))));
            let seconds = since.elapsed().as_secs_f32();
            match outcome {
                Ok(()) => {
                    println!("test {} ... ok <{seconds:.1}s>", check.name);
                    passed += 1;
                }
                Err(panic) => {
                    let place = place.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or_default();
                    println!("test {} ... FAILED <{seconds:.1}s>\n  {place}: {}", check.name, words_of(&*panic));
                    failures.push(check.name.clone());
                    failed(&mut world, &check.name);
                }
            }
        }
    }
    if !failures.is_empty() {
        println!("\nfailures:\n    {}", failures.join("\n    "));
    }
    println!(
        "\ntest result: {}. {passed} passed; {} failed; 0 ignored; 0 measured; {} filtered out; finished in {:.2}s\n",
        if failures.is_empty() { "ok" } else { "FAILED" },
        failures.len(),
        all - wanted.len(),
        begin.elapsed().as_secs_f32()
    );
    if failures.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(101) }
}

/// Instead of printing a panic at once, remembers where the first one was, for the report.
fn note_places() -> Arc<Mutex<Option<String>>> {
    let place = Arc::new(Mutex::new(None));
    let noted = Arc::clone(&place);
    panic::set_hook(Box::new(move |panic| {
        let location = panic.location().map(ToString::to_string);
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.is_none() {
            *noted = location;
        }
    }));
    place
}

/// Gives the whole run up when the check takes longer than it may: nothing here can be stopped from outside.
fn within<W, T>(check: &Check<W>, work: impl FnOnce() -> T) -> T {
    let (done, watched) = mpsc::channel::<()>();
    let (name, bound) = (check.name.clone(), check.bound);
    let watch = thread::spawn(move || {
        if watched.recv_timeout(bound) == Err(mpsc::RecvTimeoutError::Timeout) {
            println!("test {name} ... FAILED\n  It took longer than {} s; the run is given up.", bound.as_secs());
            // The guard kills what the desk has started.
            std::process::exit(101);
        }
    });
    let result = work();
    drop(done);
    let _ = watch.join();
    result
}

fn words_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    text.unwrap_or("It panicked without a word.").replace('\n', "\n  ")
}

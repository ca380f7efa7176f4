//! A target as libFuzzer's program.

use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::process::abort;
use std::thread;

use crate::Target;

pub use libfuzzer_sys::fuzz_target;

/// Makes a program of a function that gives a [`Target`].
#[macro_export]
macro_rules! target {
    ($target:path) => {
        thread_local!(static TARGET: std::cell::RefCell<$crate::Target> =
            std::cell::RefCell::new($crate::libfuzzer::guarded($target())));
        $crate::libfuzzer::fuzz_target!(|input: &[u8]| TARGET.with_borrow_mut(|target| target(input)));
    };
}

/// The target, such that a panic that gets out of it, or happens on another thread, ends the process: that is how
/// libFuzzer learns of a failure. Its own hook ends the process at every panic, and some of Symphonia's are caught on
/// purpose.
pub fn guarded(mut target: Target) -> Target {
    let own = thread::current().id();
    let _libfuzzers = panic::take_hook();
    let told = panic::take_hook();
    panic::set_hook(Box::new(move |what| {
        told(what);
        if thread::current().id() != own {
            abort();
        }
    }));
    Box::new(move |input| {
        if catch_unwind(AssertUnwindSafe(|| target(input))).is_err() {
            abort();
        }
    })
}

//! How many threads whisper.cpp gets.

use std::num::NonZero;
use std::time::{Duration, Instant};

use crate::graphics;

/// More than eight gain nothing: the encoder is bound by memory then.
const MOST: usize = 8;

/// The number of threads that a run uses.
///
/// whisper.cpp's threads wait for one another by spinning, so that one which has to share its core, or sits on a slow
/// one, holds up all. Half of the logical processors is about the number of performance cores on
/// Apple's chips (4 of 8, 5 of 10, 6 of 12) and the number of real cores where two threads share one; never less than
/// two (a machine of two cores has them both to give) and never more than [`MOST`] or than there are.
pub fn default_threads() -> usize {
    threads_of(std::thread::available_parallelism().map_or(1, NonZero::get))
}

/// How long the probe looks: longer than a share of a busy processor.
const PROBED: Duration = Duration::from_millis(4);

/// A thread that does not get the processor for so long has to share it.
const GAP: Duration = Duration::from_micros(400);

/// How many of `wanted` threads would have a processor of their own at this moment, at least one; takes 4 ms.
///
/// On two cores that other programs kept busy, a run with two threads was measured to take twenty times as long as with
/// one (3.7 s and 0.17 s, fixture model, window 512), so that it pays to look first.
pub(crate) fn free_threads(wanted: usize) -> usize {
    // The graphics processor does the work there.
    if wanted <= 1 || graphics::USED {
        return wanted.max(1);
    }
    let asked = Instant::now();
    let spin = move || {
        let mut last = Instant::now();
        // A thread that begins late waits for a processor; to begin takes some time in itself.
        let mut undisturbed = last - asked < 3 * GAP;
        let end = last + PROBED;
        while last < end {
            std::hint::spin_loop();
            let now = Instant::now();
            undisturbed &= now - last < GAP;
            last = now;
        }
        undisturbed
    };
    let alone = std::thread::scope(|scope| {
        let others: Vec<_> =
            (1..wanted).filter_map(|_| std::thread::Builder::new().spawn_scoped(scope, spin).ok()).collect();
        let own = spin();
        usize::from(own) + others.into_iter().map(|other| usize::from(other.join().unwrap_or(false))).sum::<usize>()
    });
    alone.max(1)
}

fn threads_of(processors: usize) -> usize {
    (processors / 2).clamp(2, MOST).min(processors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn at_least_one_and_never_more_than_wanted() {
        for wanted in [0, 1, 2, 4] {
            assert!((1..=wanted.max(1)).contains(&free_threads(wanted)), "{wanted}");
        }
    }

    #[test]
    fn half_of_the_processors_but_two_of_two() {
        let counts = [1, 2, 4, 8, 10, 12, 16, 64].map(threads_of);
        assert_eq!(counts, [1, 2, 2, 4, 5, 6, 8, 8]);
    }
}

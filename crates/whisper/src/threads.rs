//! How many threads whisper.cpp gets.

use std::num::NonZero;

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

fn threads_of(processors: usize) -> usize {
    (processors / 2).clamp(2, MOST).min(processors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_processors_but_two_of_two() {
        let counts = [1, 2, 4, 8, 10, 12, 16, 64].map(threads_of);
        assert_eq!(counts, [1, 2, 2, 4, 5, 6, 8, 8]);
    }
}

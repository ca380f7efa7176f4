//! What the panel shows.

use std::collections::VecDeque;

/// So many levels are shown, one beside the other.
pub const LEVELS: usize = 20;

/// Everything that the panel shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    /// What the dictation is at.
    pub phase: Phase,
    /// The name of the microphone; empty while nobody knows it.
    pub microphone: String,
    /// What is wrong with the microphone while it is heard, in a sentence; empty when nothing is.
    pub note: String,
    /// What was recognised so far. Its end is shown.
    pub text: String,
}

/// What a dictation is at.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Phase {
    /// The microphone is being opened; nothing is heard yet.
    #[default]
    Connecting,
    /// Samples arrive.
    Listening(Levels),
    /// What was said is being recognised or typed.
    Working {
        /// With what.
        work: Work,
        /// How much of it is done, 0.0 to 1.0; `None` when nobody can tell.
        progress: Option<f32>,
        /// In how many seconds the text will be there, where that is long enough to be felt.
        ready_in_seconds: Option<u64>,
    },
    /// The text could not be typed and is kept.
    Held {
        /// Why, in a sentence.
        why: String,
        /// What to do next, in a sentence.
        next_step: String,
    },
    /// The dictation was cancelled, and that can be undone.
    Cancelled {
        /// How, in a sentence.
        next_step: String,
    },
    /// Something needs attention.
    Trouble {
        /// What, in a sentence.
        what: String,
        /// What to do next; may be empty.
        next_step: String,
    },
}

/// What Tawk works on once nothing is heard any more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Work {
    /// Recognising or typing.
    #[default]
    Recognising,
    /// Loading the model.
    Loading,
}

/// The levels of the last sounds, the newest at the end.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels(VecDeque<f32>);

impl Levels {
    /// Adds the level of the newest sound (its root mean square, in dBFS) and forgets the oldest.
    pub fn push(&mut self, dbfs: f32) {
        if self.0.len() == LEVELS {
            self.0.pop_front();
        }
        self.0.push_back(dbfs);
    }

    /// Makes the newest level at least this loud.
    pub fn raise(&mut self, dbfs: f32) {
        match self.0.back_mut() {
            Some(newest) => *newest = newest.max(dbfs),
            None => self.0.push_back(dbfs),
        }
    }

    /// Adds the newest level once more, when nothing came that could be measured.
    pub fn hold(&mut self) {
        if let Some(&newest) = self.0.back() {
            self.push(newest);
        }
    }

    /// How much of the meter each level fills, 0.0 to 1.0, the newest first.
    pub(crate) fn fractions(&self) -> impl Iterator<Item = f32> {
        self.0.iter().rev().map(|&dbfs| fraction(dbfs))
    }

    /// That of the newest; 0.0 before the first.
    pub(crate) fn newest(&self) -> f32 {
        self.fractions().next().unwrap_or_default()
    }
}

/// A quiet room lies below this, in dBFS: most microphones' own noise measures -70 to -60.
const QUIET: f32 = -58.0;
/// A loud voice near the microphone measures so much, in dBFS. A full-scale sine measures -3.
const LOUD: f32 = -14.0;

/// Equal steps in dB look equal, as they sound.
fn fraction(dbfs: f32) -> f32 {
    let fraction = (dbfs - QUIET) / (LOUD - QUIET);
    if fraction.is_finite() { fraction.clamp(0.0, 1.0) } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_meter_spans_a_room_to_a_loud_voice() {
        assert_eq!(fraction(-120.0), 0.0);
        assert_eq!(fraction(QUIET), 0.0);
        assert_eq!(fraction(0.0), 1.0);
        assert_eq!(fraction(f32::NAN), 0.0);
        assert!((fraction(-36.0) - 0.5).abs() < 0.01);
    }

    #[test]
    fn the_oldest_level_goes_first() {
        let mut levels = Levels::default();
        assert_eq!(levels.newest(), 0.0);
        levels.push(-14.0);
        for _ in 1..LEVELS {
            levels.push(-58.0);
        }
        assert_eq!(levels.fractions().count(), LEVELS);
        assert_eq!(levels.fractions().last(), Some(1.0));
        levels.push(-50.0);
        levels.raise(-36.0);
        levels.raise(-40.0);
        levels.hold();
        assert_eq!(levels.fractions().count(), LEVELS);
        assert_eq!(levels.fractions().last(), Some(0.0));
        assert!(levels.newest() > 0.4);
    }
}

//! A loudspeaker that writes down what it plays.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use tawk_core::ports::{Loudspeakers, OutputStream};
use tawk_core::{Error, ErrorKind, Result};

use super::lock;

/// The loudspeaker's rate in Hz.
pub const RATE: u32 = 48_000;

/// A loudspeaker that takes sound as long as a test lets it.
#[derive(Clone, Default)]
pub struct FakeLoudspeakers {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    played: Vec<f32>,
    /// How many are open.
    open: usize,
    pace: Pace,
    is_away: bool,
}

/// How a loudspeaker takes sound.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// All at once.
    #[default]
    AtOnce,
    /// So slowly that nothing comes to its end while a test runs.
    Slow,
    /// Not at all.
    Stuck,
}

impl FakeLoudspeakers {
    /// Every sample since the start, mono at [`RATE`].
    pub fn played(&self) -> Vec<f32> {
        lock(&self.state).played.clone()
    }

    /// How many streams are open now.
    pub fn open_streams(&self) -> usize {
        lock(&self.state).open
    }

    /// From now on samples are taken at this pace.
    pub fn set_pace(&self, pace: Pace) {
        lock(&self.state).pace = pace;
    }

    /// From now on there is no loudspeaker, or one again.
    pub fn set_away(&self, is_away: bool) {
        lock(&self.state).is_away = is_away;
    }
}

impl Loudspeakers for FakeLoudspeakers {
    fn open(&self) -> Result<Box<dyn OutputStream>> {
        let mut state = lock(&self.state);
        if state.is_away {
            return Err(Error::new(ErrorKind::Unsupported, "There is no loudspeaker. Connect one and play anew."));
        }
        state.open += 1;
        drop(state);
        Ok(Box::new(Stream { state: Arc::clone(&self.state) }))
    }
}

struct Stream {
    state: Arc<Mutex<State>>,
}

impl OutputStream for Stream {
    fn rate(&self) -> u32 {
        RATE
    }

    fn write(&mut self, samples: &[f32], wait: Duration) -> Result<usize> {
        let pace = lock(&self.state).pace;
        let count = match pace {
            Pace::AtOnce => samples.len(),
            Pace::Slow => samples.len().min(1),
            Pace::Stuck => 0,
        };
        if pace != Pace::AtOnce {
            thread::sleep(wait.min(Duration::from_millis(5)));
        }
        lock(&self.state).played.extend_from_slice(&samples[..count]);
        Ok(count)
    }

    fn pending(&self) -> Duration {
        Duration::ZERO
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        lock(&self.state).open -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_plays_what_it_is_given_until_it_sticks() {
        let loudspeakers = FakeLoudspeakers::default();
        let mut stream = loudspeakers.open().unwrap();
        assert_eq!((stream.write(&[0.5, 0.25], Duration::ZERO).unwrap(), loudspeakers.open_streams()), (2, 1));
        loudspeakers.set_pace(Pace::Slow);
        assert_eq!(stream.write(&[1.0, 1.0], Duration::ZERO).unwrap(), 1);
        loudspeakers.set_pace(Pace::Stuck);
        assert_eq!(stream.write(&[1.0], Duration::ZERO).unwrap(), 0);
        drop(stream);
        assert_eq!((loudspeakers.played(), loudspeakers.open_streams()), (vec![0.5, 0.25, 1.0], 0));
        loudspeakers.set_away(true);
        assert!(loudspeakers.open().is_err());
    }
}

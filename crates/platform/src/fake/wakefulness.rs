//! A machine whose sleep a test can see held off.

use std::sync::{Arc, Condvar, Mutex, PoisonError};

use tawk_core::ports::{Hold, Wakefulness};

use super::lock;

/// Sleep, and who holds it off.
#[derive(Clone, Default)]
pub struct FakeWakefulness {
    shared: Arc<(Mutex<State>, Condvar)>,
}

#[derive(Default)]
struct State {
    held: usize,
    attended: usize,
    times: usize,
    is_stuck: bool,
    is_lacking: bool,
}

impl FakeWakefulness {
    /// How many hold sleep off now.
    pub fn held(&self) -> usize {
        lock(&self.shared.0).held
    }

    /// How many want not to be slowed down now.
    pub fn attended(&self) -> usize {
        lock(&self.shared.0).attended
    }

    /// How often it was asked for.
    pub fn times(&self) -> usize {
        lock(&self.shared.0).times
    }

    /// Lets the system not answer, until it is told otherwise.
    pub fn set_stuck(&self, stuck: bool) {
        lock(&self.shared.0).is_stuck = stuck;
        self.shared.1.notify_all();
    }

    /// Whether the system lacks such a thing.
    pub fn set_lacking(&self, lacking: bool) {
        lock(&self.shared.0).is_lacking = lacking;
    }
}

impl Wakefulness for FakeWakefulness {
    fn hold(&self, _reason: &str) -> Option<Box<dyn Hold>> {
        let mut state = lock(&self.shared.0);
        state.times += 1;
        let mut state = self.shared.1.wait_while(state, |state| state.is_stuck).unwrap_or_else(PoisonError::into_inner);
        if state.is_lacking {
            return None;
        }
        state.held += 1;
        Some(Box::new(Held(self.clone())))
    }

    fn attend(&self, _reason: &str) -> Option<Box<dyn Hold>> {
        lock(&self.shared.0).attended += 1;
        Some(Box::new(Attended(self.clone())))
    }
}

struct Attended(FakeWakefulness);

impl Hold for Attended {}

impl Drop for Attended {
    fn drop(&mut self) {
        lock(&self.0.shared.0).attended -= 1;
    }
}

struct Held(FakeWakefulness);

impl Hold for Held {}

impl Drop for Held {
    fn drop(&mut self) {
        lock(&self.0.shared.0).held -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_held_until_it_is_dropped() {
        let sleep = FakeWakefulness::default();
        let (one, two) = (sleep.hold("a"), sleep.hold("b"));
        assert_eq!((sleep.held(), sleep.times()), (2, 2));
        drop((one, two));
        assert_eq!((sleep.held(), sleep.times()), (0, 2));
        sleep.set_lacking(true);
        assert!(sleep.hold("c").is_none());
    }
}

//! Notifications that are written down.

use std::sync::{Arc, Mutex};

use tawk_core::ports::Notifications;
use tawk_core::{Error, Result};

use super::lock;

/// What the user was told.
#[derive(Clone, Default)]
pub struct FakeNotifications {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    shown: Vec<String>,
    failure: Option<Error>,
}

impl FakeNotifications {
    /// Every message so far, in order.
    pub fn shown(&self) -> Vec<String> {
        lock(&self.state).shown.clone()
    }

    /// Makes every later message fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        lock(&self.state).failure = failure;
    }
}

impl Notifications for FakeNotifications {
    fn show(&self, message: &str) -> Result<()> {
        let mut state = lock(&self.state);
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => {
                state.shown.push(message.into());
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_core::ErrorKind;

    #[test]
    fn what_is_shown_is_written_down() {
        let notifications = FakeNotifications::default();
        notifications.show("One.").unwrap();
        notifications.fail_with(Some(Error::new(ErrorKind::Unsupported, "No.")));
        assert!(notifications.show("Two.").is_err());
        assert_eq!(notifications.shown(), ["One."]);
    }
}

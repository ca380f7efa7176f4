//! Login items that a test approves of, or not.

use std::sync::{Arc, Mutex};

use tawk_core::login_item::LoginItem;
use tawk_core::ports::LoginItems;
use tawk_core::{Error, Result};

use super::lock;

/// The login items: off, and what is asked for is done.
#[derive(Clone, Default)]
pub struct FakeLoginItems {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    present: Option<LoginItem>,
    answer: Option<Result<LoginItem>>,
    opened: u32,
}

impl FakeLoginItems {
    /// Sets how things stand.
    pub fn set_state(&self, state: LoginItem) {
        lock(&self.state).present = Some(state);
    }

    /// What comes of switching it on or off from now on, in place of what was asked for.
    pub fn answer_with(&self, answer: Result<LoginItem, Error>) {
        lock(&self.state).answer = Some(answer);
    }

    /// How often the settings were opened.
    pub fn times_opened(&self) -> u32 {
        lock(&self.state).opened
    }
}

impl LoginItems for FakeLoginItems {
    fn state(&self) -> LoginItem {
        lock(&self.state).present.unwrap_or(LoginItem::Off)
    }

    fn set(&self, on: bool) -> Result<LoginItem> {
        let mut state = lock(&self.state);
        let asked = if on { LoginItem::On } else { LoginItem::Off };
        let present = state.answer.clone().unwrap_or(Ok(asked))?;
        state.present = Some(present);
        Ok(present)
    }

    fn open_settings(&self) -> Result<()> {
        lock(&self.state).opened += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tawk_core::ErrorKind;

    #[test]
    fn does_what_is_asked_unless_told_otherwise() {
        let items = FakeLoginItems::default();
        assert_eq!(items.set(true), Ok(LoginItem::On));
        assert_eq!(items.set(false), Ok(LoginItem::Off));
        items.answer_with(Ok(LoginItem::NeedsApproval));
        assert_eq!((items.set(true), items.state()), (Ok(LoginItem::NeedsApproval), LoginItem::NeedsApproval));
        items.answer_with(Err(Error::new(ErrorKind::Unsupported, "No.")));
        assert!(items.set(false).is_err());
        assert_eq!(items.state(), LoginItem::NeedsApproval);
    }
}

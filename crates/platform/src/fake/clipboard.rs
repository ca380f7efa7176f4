//! A clipboard that tests can read.

use std::sync::{Arc, Mutex};

use tawk_core::ports::Clipboard;
use tawk_core::{Error, Result};

use super::lock;

/// The clipboard's contents.
#[derive(Clone, Default)]
pub struct FakeClipboard {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    text: Option<String>,
    failure: Option<Error>,
}

impl FakeClipboard {
    /// What is on the clipboard; `None` until something was put there.
    pub fn text(&self) -> Option<String> {
        lock(&self.state).text.clone()
    }

    /// Makes every later use fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        lock(&self.state).failure = failure;
    }
}

impl Clipboard for FakeClipboard {
    fn set_text(&self, text: &str) -> Result<()> {
        let mut state = lock(&self.state);
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => {
                state.text = Some(text.to_owned());
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
    fn holds_what_was_set_last() {
        let clipboard = FakeClipboard::default();
        assert_eq!(clipboard.text(), None);
        clipboard.set_text("one").unwrap();
        clipboard.set_text("two").unwrap();
        assert_eq!(clipboard.text().as_deref(), Some("two"));
        clipboard.fail_with(Some(Error::new(ErrorKind::NoDisplay, "Gone.")));
        assert_eq!(clipboard.set_text("three").unwrap_err().kind, ErrorKind::NoDisplay);
        assert_eq!(clipboard.text().as_deref(), Some("two"));
    }
}

//! A focus that a test moves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tawk_core::ports::{Field, Focus, Target};
use tawk_core::{Error, Result};

use super::lock;

/// Who has the keyboard.
#[derive(Clone)]
pub struct FakeFocus {
    state: Arc<Mutex<State>>,
}

struct State {
    target: Option<Target>,
    secure_input: bool,
    answers_after: Duration,
    holder: Option<Target>,
    is_silent: bool,
    looks: u32,
    failure: Option<Error>,
}

impl Default for FakeFocus {
    fn default() -> Self {
        let target = Some(Target { id: 1, app: "Editor".into(), app_id: None });
        let state = State {
            target,
            secure_input: false,
            answers_after: Duration::ZERO,
            holder: None,
            is_silent: false,
            looks: 0,
            failure: None,
        };
        Self { state: Arc::new(Mutex::new(state)) }
    }
}

impl FakeFocus {
    /// Gives the focus to `target`, or to nobody.
    pub fn set(&self, target: Option<Target>) {
        lock(&self.state).target = target;
    }

    /// Gives the focus to the window `id` of `app`.
    pub fn move_to(&self, id: u64, app: &str) {
        self.set(Some(Target { id, app: app.into(), app_id: None }));
    }

    /// Puts the focus into a password field, or out of it.
    pub fn set_secure_input(&self, on: bool) {
        lock(&self.state).secure_input = on;
    }

    /// Lets nobody know what kind of field has the keyboard before somebody has waited so long for it.
    pub fn answer_after(&self, wait: Duration) {
        lock(&self.state).answers_after = wait;
    }

    /// Lets `holder` be who asked for secure input.
    pub fn set_secure_input_holder(&self, holder: Option<Target>) {
        lock(&self.state).holder = holder;
    }

    /// Lets nothing tell what kind of field has the keyboard, or lets it be told again.
    pub fn silence_fields(&self, on: bool) {
        lock(&self.state).is_silent = on;
    }

    /// How often the field was looked at.
    pub fn looks(&self) -> u32 {
        lock(&self.state).looks
    }

    /// Makes every later question for the target fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        lock(&self.state).failure = failure;
    }
}

impl Focus for FakeFocus {
    fn current(&self) -> Result<Option<Target>> {
        let state = lock(&self.state);
        match &state.failure {
            Some(failure) => Err(failure.clone()),
            None => Ok(state.target.clone()),
        }
    }

    fn secure_input(&self) -> bool {
        let state = lock(&self.state);
        state.secure_input && state.answers_after.is_zero()
    }

    fn look_at_field(&self) {
        lock(&self.state).looks += 1;
    }

    fn field(&self, wait: Duration) -> Field {
        let mut state = lock(&self.state);
        if wait >= state.answers_after {
            state.answers_after = Duration::ZERO;
        }
        match () {
            () if state.is_silent || !state.answers_after.is_zero() => Field::Unknown,
            () if state.secure_input => Field::Password,
            () => Field::Plain,
        }
    }

    fn secure_input_holder(&self) -> Option<Target> {
        lock(&self.state).holder.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moves_where_the_test_says() {
        let focus = FakeFocus::default();
        assert_eq!(focus.current().unwrap().unwrap().app, "Editor");
        focus.move_to(7, "Mail");
        assert_eq!(focus.current().unwrap(), Some(Target { id: 7, app: "Mail".into(), app_id: None }));
        focus.set(None);
        assert_eq!(focus.current().unwrap(), None);
        assert!(!focus.secure_input());
        focus.set_secure_input(true);
        assert!(focus.secure_input());
        focus.answer_after(Duration::from_secs(1));
        assert!(!focus.secure_input());
        assert_eq!(focus.field(Duration::ZERO), Field::Unknown);
        assert_eq!(focus.field(Duration::from_secs(2)), Field::Password);
        assert!(focus.secure_input());
    }
}

//! Who gets the keys: the app that was in front when the speaker was done, and no other. Knows no system call; its tests are
//! `insertion`'s.

use std::time::Duration;

use super::insertion::{Keyboard, LOOK_AGAIN};

/// How long the system's two ways of naming the app in front may disagree before that is how they are. Some apps have their
/// keyboard in a process of another name.
pub(super) const AGREEMENT: Duration = Duration::from_millis(100);

/// Who may have the keyboard: the target, as far as the system names it.
pub(super) struct Addressee {
    target: Option<u64>,
    /// What the system calls the target, if that is not its own process.
    other_name: Option<u64>,
    silence: Silence,
}

/// What it means that the system does not name who has the keyboard. Chromium's and Electron's apps are never named.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Silence {
    /// Nothing: nobody was named yet.
    Unknown,
    /// Perhaps another app: the target was named before.
    Suspicious,
    /// Nothing: the target has fallen silent as well, and stays in front.
    Usual,
}

impl Addressee {
    /// `None` when the keyboard is another app's, which `go_on` hears of within [`AGREEMENT`], or [`Keyboard::is_frontmost`] tells.
    pub(super) fn find(
        keyboard: &mut impl Keyboard,
        target: Option<u64>,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Option<Self> {
        let deadline = keyboard.now() + AGREEMENT;
        loop {
            let app = keyboard.app();
            let other_name = app.filter(|_| target.is_some() && app != target);
            if other_name.is_some() && keyboard.now() < deadline {
                if !go_on() {
                    return None;
                }
                keyboard.sleep(LOOK_AGAIN);
                continue;
            }
            if other_name.is_some() && is_elsewhere(keyboard, target) {
                return None;
            }
            let silence = if app.is_some() { Silence::Suspicious } else { Silence::Unknown };
            return Some(Self { target, other_name, silence });
        }
    }

    /// Whether the target has the keyboard by `app`, which the system has just said. Silence after its name is waited out, up to
    /// [`AGREEMENT`] and once in an insertion: the app that has come in front may be one that is never named.
    pub(super) fn is_still_there(
        &mut self,
        mut app: Option<u64>,
        keyboard: &mut impl Keyboard,
        go_on: &mut dyn FnMut() -> bool,
    ) -> bool {
        if self.target.is_none() {
            return true;
        }
        if app.is_none() && self.silence == Silence::Suspicious {
            let deadline = keyboard.now() + AGREEMENT;
            while app.is_none() && keyboard.now() < deadline {
                if !go_on() {
                    return false;
                }
                keyboard.sleep(LOOK_AGAIN);
                app = keyboard.app();
            }
            if app.is_none() {
                self.silence = Silence::Usual;
                return !is_elsewhere(keyboard, self.target) && go_on();
            }
        }
        if app.is_some() && self.silence == Silence::Unknown {
            self.silence = Silence::Suspicious;
        }
        app.is_none() || app == self.target || app == self.other_name
    }
}

/// Whether another app than the target is frontmost for certain.
fn is_elsewhere(keyboard: &impl Keyboard, target: Option<u64>) -> bool {
    target.is_some_and(|target| keyboard.is_frontmost(target) == Some(false))
}

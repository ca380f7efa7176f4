//! What the operating system must allow before Tawk can work.

mod grant;
mod listening;
mod secure_input;

pub use grant::{Effect, Event, Grant, LOOK_EVERY, PATIENCE};
pub use listening::{listening_standing, needs_listening, not_heard};
pub use secure_input::SecureInput;

use serde::{Deserialize, Serialize};

/// Something that the system may withhold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Permission {
    /// Hearing the microphone.
    Microphone,
    /// Typing into other apps (macOS: Accessibility).
    Typing,
    /// Hearing a hotkey that is a modifier alone (macOS: Input Monitoring, or Accessibility, which includes it).
    Listening,
}

impl Permission {
    /// Every permission.
    pub const ALL: [Permission; 3] = [Permission::Microphone, Permission::Typing, Permission::Listening];
}

/// How things stand with a [`Permission`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PermissionState {
    /// This system does not guard it.
    NotNeeded,
    /// Never asked: asking shows the system's prompt.
    NotAsked,
    /// Allowed.
    Granted,
    /// Allowed, as the system says, but it does not work: the grant belongs to another build of Tawk.
    Stale,
    /// Refused: only the system's settings can change it.
    Denied,
    /// Refused by a policy (MDM, parental control) that the user cannot change.
    Restricted,
    /// The system gave no answer.
    Unknown,
}

impl PermissionState {
    /// Whether work can go on.
    pub const fn allows(self) -> bool {
        matches!(self, Self::NotNeeded | Self::Granted | Self::Unknown)
    }
}

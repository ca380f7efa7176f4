//! Starting with the user's login: how things stand, as the system says, and what cures each state.

mod entry;

pub use entry::{Entry, NAME, text};

use serde::{Deserialize, Serialize};

/// Whether the system starts Tawk when the user logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LoginItem {
    /// It does not.
    Off,
    /// It does.
    On,
    /// Tawk has asked for it, and the user must agree in the system's settings, or has switched it off there.
    NeedsApproval,
    /// The system knows no program that it could start: Tawk is not where the entry says, or is no app that can be
    /// started at login. macOS says this also of an app that was never switched on.
    NotFound,
    /// The system gave no answer.
    Unknown,
}

impl LoginItem {
    /// Whether the user wants it, as far as the system knows.
    pub const fn is_wanted(self) -> bool {
        matches!(self, Self::On | Self::NeedsApproval)
    }

    /// What is wrong and what to do about it, in whole sentences; `None` where nothing is.
    pub const fn advice(self) -> Option<&'static str> {
        match self {
            Self::Off | Self::On => None,
            Self::NeedsApproval => Some(
                "The system does not start Tawk yet, because you have not agreed there. Open System Settings, General, Login \
                 Items, and switch Tawk on.",
            ),
            Self::NotFound => Some(
                "The system knows no Tawk that it could start at login. If this stays so after you have switched it on, put \
                 Tawk where it is to stay (on a Mac into Applications), start it from there, and switch it on again.",
            ),
            Self::Unknown => {
                Some("The system did not say whether it starts Tawk. Look among the login items in its settings.")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_state_that_is_not_right_has_its_own_cure() {
        let all = [LoginItem::Off, LoginItem::On, LoginItem::NeedsApproval, LoginItem::NotFound, LoginItem::Unknown];
        let cures: std::collections::HashSet<_> = all.into_iter().filter_map(LoginItem::advice).collect();
        assert_eq!(cures.len(), 3);
        assert!(cures.iter().all(|cure| cure.ends_with('.')));
        assert_eq!(all.into_iter().filter(|state| state.is_wanted()).count(), 2);
    }
}

//! Hearing a hotkey that is a modifier alone: what it needs, and what to say when it is not heard.

use super::PermissionState;
use crate::hotkey::{Hotkey, Key};
use crate::{Error, ErrorKind};

/// Whether `hotkey` is heard only with a permission, where the system guards keys. A chord never needs one.
pub const fn needs_listening(hotkey: &Hotkey) -> bool {
    matches!(hotkey.key, Key::Modifier(_))
}

/// How things stand with hearing `hotkey`, given what the system says of typing and of listening. Whoever may type may
/// listen too; a stale grant of typing takes both away, and its repair brings both back.
pub const fn listening_standing(
    hotkey: &Hotkey,
    typing: PermissionState,
    listening: PermissionState,
) -> PermissionState {
    match typing {
        _ if !needs_listening(hotkey) => PermissionState::NotNeeded,
        PermissionState::Stale => PermissionState::NotNeeded,
        _ => listening,
    }
}

/// What to say when `hotkey` cannot be listened to, and whether it was heard before. `may_listen` is the system's word,
/// which a refusal makes a lie.
pub fn not_heard(hotkey: &str, may_listen: bool, was_heard: bool) -> Error {
    let first = if was_heard {
        format!("The hotkey {hotkey} is not heard any more")
    } else {
        format!("The hotkey {hotkey} is not heard")
    };
    let message = if may_listen {
        format!(
            "{first}: macOS says that Tawk may listen for it but does not let it, because the permission belongs to another \
             copy of Tawk. Open Tawk's window and press Repair."
        )
    } else {
        format!(
            "{first}: it needs a permission. Allow Tawk in System Settings, Privacy & Security, Accessibility (Input \
             Monitoring is enough to hear it), or choose a hotkey such as Ctrl+Shift+Space, which needs none."
        )
    };
    Error::new(ErrorKind::TypingDenied, message)
}

#[cfg(test)]
mod tests {
    use super::*;
    use PermissionState::{Denied, Granted, NotAsked, NotNeeded, Stale};

    #[test]
    fn only_a_modifier_alone_needs_a_permission() {
        let chord: Hotkey = "Ctrl+Alt+Space".parse().unwrap();
        let lone: Hotkey = "RightOption".parse().unwrap();
        for (hotkey, typing, listening, expected) in [
            (&chord, Denied, Denied, NotNeeded),
            (&chord, Granted, Stale, NotNeeded),
            (&lone, NotAsked, NotAsked, NotAsked),
            (&lone, Denied, Granted, Granted),
            (&lone, Denied, Denied, Denied),
            (&lone, Denied, Stale, Stale),
            (&lone, Granted, Granted, Granted),
            // Typing works, and still no key is heard: the entry under Input Monitoring is the stale one.
            (&lone, Granted, Stale, Stale),
            (&lone, Stale, Stale, NotNeeded),
            (&lone, NotNeeded, NotNeeded, NotNeeded),
        ] {
            assert_eq!(listening_standing(hotkey, typing, listening), expected, "{hotkey} {typing:?} {listening:?}");
        }
    }

    #[test]
    fn each_case_has_its_own_sentence() {
        let cases = [(false, false), (false, true), (true, false), (true, true)];
        let all: std::collections::HashSet<_> =
            cases.into_iter().map(|(may, was)| not_heard("RightAlt", may, was).message).collect();
        assert_eq!(all.len(), 4);
        assert!(all.iter().all(|message| message.contains("RightAlt") && message.ends_with('.')));
        // macOS changes the input source with that one.
        assert!(all.iter().all(|message| !message.contains("Ctrl+Alt+Space")));
    }
}

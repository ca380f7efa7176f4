//! Modifier keys that are hotkeys by themselves.

use std::fmt;

use super::Modifiers;

/// A modifier key, told from its twin on the other side of the keyboard.
///
/// Left Shift is not among them: it begins every capital letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ModifierKey {
    /// The left Control key.
    LeftCtrl,
    /// The right Control key.
    RightCtrl,
    /// The left Alt key; Option on a Mac.
    LeftAlt,
    /// The right Alt key (AltGr on many layouts); Option on a Mac.
    RightAlt,
    /// The right Shift key.
    RightShift,
    /// The left Super key; Command on a Mac.
    LeftMeta,
    /// The right Super key; Command on a Mac.
    RightMeta,
    /// Fn, also called Globe, of Apple's keyboards. Other systems never hear of it.
    Fn,
}

/// Each key, the side it is on, and its names after the side; it is written with the first.
const NAMES: [(ModifierKey, &str, &[&str]); 7] = [
    (ModifierKey::LeftCtrl, "Left", &["Ctrl", "Control"]),
    (ModifierKey::RightCtrl, "Right", &["Ctrl", "Control"]),
    (ModifierKey::LeftAlt, "Left", &["Alt", "Option", "Opt"]),
    (ModifierKey::RightAlt, "Right", &["Alt", "Option", "Opt"]),
    (ModifierKey::RightShift, "Right", &["Shift"]),
    (ModifierKey::LeftMeta, "Left", &["Super", "Command", "Cmd", "Meta", "Win"]),
    (ModifierKey::RightMeta, "Right", &["Super", "Command", "Cmd", "Meta", "Win"]),
];

impl ModifierKey {
    /// Every key.
    pub const ALL: [ModifierKey; 8] = [
        ModifierKey::LeftCtrl,
        ModifierKey::RightCtrl,
        ModifierKey::LeftAlt,
        ModifierKey::RightAlt,
        ModifierKey::RightShift,
        ModifierKey::LeftMeta,
        ModifierKey::RightMeta,
        ModifierKey::Fn,
    ];

    /// What a chord is written with while this key is held. Fn is in no chord.
    pub const fn modifiers(self) -> Modifiers {
        use ModifierKey::{LeftAlt, LeftCtrl, LeftMeta, RightAlt, RightCtrl, RightMeta, RightShift};
        Modifiers {
            ctrl: matches!(self, LeftCtrl | RightCtrl),
            alt: matches!(self, LeftAlt | RightAlt),
            shift: matches!(self, RightShift),
            meta: matches!(self, LeftMeta | RightMeta),
        }
    }

    /// Reads `RightOption`, `Right Option`, `right-alt`, `Fn` and so on.
    pub(super) fn named(text: &str) -> Option<Self> {
        let text: String = text.chars().filter(|c| !matches!(c, ' ' | '-' | '_')).collect();
        if text.eq_ignore_ascii_case("fn") || text.eq_ignore_ascii_case("globe") {
            return Some(ModifierKey::Fn);
        }
        NAMES.iter().find_map(|(key, side, names)| {
            let (start, name) = text.split_at_checked(side.len())?;
            let known = start.eq_ignore_ascii_case(side) && names.iter().any(|other| other.eq_ignore_ascii_case(name));
            known.then_some(*key)
        })
    }
}

impl fmt::Display for ModifierKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match NAMES.iter().find(|(key, ..)| key == self) {
            Some((_, side, names)) => write!(f, "{side}{}", names.first().unwrap_or(&"?")),
            None => f.write_str("Fn"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_read_as_it_is_written() {
        for key in ModifierKey::ALL {
            assert_eq!(ModifierKey::named(&key.to_string()), Some(key));
        }
    }

    #[test]
    fn a_name_that_is_cut_inside_a_letter_is_no_key() {
        assert_eq!(ModifierKey::named("Righé"), None);
        assert_eq!(ModifierKey::named("Lefé"), None);
        assert_eq!(ModifierKey::named(""), None);
    }
}

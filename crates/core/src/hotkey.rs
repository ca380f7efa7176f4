//! A hotkey as it is written in the settings: `Ctrl+Alt+Space`, or a modifier key alone: `RightOption`.

mod lone_key;
mod modifier_key;

use std::fmt;
use std::str::FromStr;

pub use lone_key::{CHORD_BOUND, LoneKey, Sighting};
pub use modifier_key::ModifierKey;

use crate::{Error, ErrorKind};

/// A key with the modifiers that must be held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Hotkey {
    /// The modifiers; exactly these must be held.
    pub modifiers: Modifiers,
    /// The main key.
    pub key: Key,
}

/// Modifier keys of a chord.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Modifiers {
    /// Control.
    pub ctrl: bool,
    /// Alt; Option on a Mac.
    pub alt: bool,
    /// Shift.
    pub shift: bool,
    /// Super on Linux; Command on a Mac.
    pub meta: bool,
}

/// A main key, named by what stands on it on a US keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Key {
    /// A letter (`'a'..='z'`), a digit, or one of `` ` - = [ ] \ ; ' , . / ``.
    Char(char),
    /// F1 to F20.
    F(u8),
    /// The space bar.
    Space,
    /// Return.
    Return,
    /// Tab.
    Tab,
    /// Escape.
    Escape,
    /// Insert (Help on old Mac keyboards).
    Insert,
    /// Forward delete.
    Delete,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// Left arrow.
    Left,
    /// Right arrow.
    Right,
    /// Up arrow.
    Up,
    /// Down arrow.
    Down,
    /// Pause.
    Pause,
    /// Scroll lock.
    ScrollLock,
    /// A modifier key that is a hotkey by itself; always without modifiers.
    Modifier(ModifierKey),
}

const NAMED: [(Key, &str); 16] = [
    (Key::Space, "Space"),
    (Key::Return, "Return"),
    (Key::Tab, "Tab"),
    (Key::Escape, "Escape"),
    (Key::Insert, "Insert"),
    (Key::Delete, "Delete"),
    (Key::Home, "Home"),
    (Key::End, "End"),
    (Key::PageUp, "PageUp"),
    (Key::PageDown, "PageDown"),
    (Key::Left, "Left"),
    (Key::Right, "Right"),
    (Key::Up, "Up"),
    (Key::Down, "Down"),
    (Key::Pause, "Pause"),
    (Key::ScrollLock, "ScrollLock"),
];

const PUNCTUATION: &str = "`-=[]\\;',./";

impl Modifiers {
    /// Whether no modifier is named.
    pub const fn is_empty(self) -> bool {
        !(self.ctrl || self.alt || self.shift || self.meta)
    }
}

impl Key {
    /// Whether the key types nothing by itself, so that it may be a hotkey without modifiers.
    const fn stands_alone(self) -> bool {
        matches!(self, Key::F(_) | Key::Pause | Key::ScrollLock | Key::Insert | Key::Modifier(_))
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Key::Char(c) => write!(f, "{}", c.to_ascii_uppercase()),
            Key::F(n) => write!(f, "F{n}"),
            Key::Modifier(key) => key.fmt(f),
            named => {
                let name = NAMED.iter().find(|(key, _)| key == named).map_or("?", |(_, name)| name);
                f.write_str(name)
            }
        }
    }
}

impl fmt::Display for Hotkey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Modifiers { ctrl, alt, shift, meta } = self.modifiers;
        for (held, name) in [(ctrl, "Ctrl"), (alt, "Alt"), (shift, "Shift"), (meta, "Super")] {
            if held {
                write!(f, "{name}+")?;
            }
        }
        self.key.fmt(f)
    }
}

impl FromStr for Key {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let mut chars = text.chars();
        if let (Some(c), None) = (chars.next(), chars.next()) {
            let c = c.to_ascii_lowercase();
            if c.is_ascii_alphanumeric() || PUNCTUATION.contains(c) {
                return Ok(Key::Char(c));
            }
        }
        if let Some(n) = text.strip_prefix(['F', 'f']).and_then(|n| n.parse::<u8>().ok())
            && (1..=20).contains(&n)
        {
            return Ok(Key::F(n));
        }
        if let Some(key) = ModifierKey::named(text) {
            return Ok(Key::Modifier(key));
        }
        NAMED.iter().find(|(_, name)| name.eq_ignore_ascii_case(text)).map(|(key, _)| *key).ok_or_else(|| {
            Error::new(
                ErrorKind::BadSettings,
                format!("“{text}” is not a key that Tawk knows. Use a letter, a digit, F1 to F20, Space, a named key such as Home, or a modifier such as RightOption."),
            )
        })
    }
}

impl FromStr for Hotkey {
    type Err = Error;

    /// Reads `Ctrl+Alt+Space` and its synonyms (`Control`, `Option`, `Cmd`, `Command`, `Super`, `Win`, `Meta`), and a
    /// modifier key alone, such as `RightOption` or `Fn`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let (modifier_names, key_name) = match text.rfind('+') {
            Some(at) => (&text[..at], &text[at + 1..]),
            None => ("", text),
        };
        let mut modifiers = Modifiers::default();
        for name in modifier_names.split('+').map(str::trim).filter(|name| !name.is_empty()) {
            match name.to_ascii_lowercase().as_str() {
                "ctrl" | "control" => modifiers.ctrl = true,
                "alt" | "option" | "opt" => modifiers.alt = true,
                "shift" => modifiers.shift = true,
                "super" | "cmd" | "command" | "meta" | "win" => modifiers.meta = true,
                _ => {
                    return Err(Error::new(
                        ErrorKind::BadSettings,
                        format!("“{name}” is not a modifier. Use Ctrl, Alt (Option), Shift or Super (Command)."),
                    ));
                }
            }
        }
        let key: Key = key_name.trim().parse()?;
        if let Key::Modifier(alone) = key
            && !modifiers.is_empty()
        {
            return Err(Error::new(
                ErrorKind::BadSettings,
                format!("{alone} can be a hotkey only by itself. Write it alone, or add a key that is no modifier."),
            ));
        }
        let only_shift = Modifiers { shift: true, ..Modifiers::default() };
        if (modifiers.is_empty() || modifiers == only_shift) && !key.stands_alone() {
            return Err(Error::new(
                ErrorKind::BadSettings,
                format!(
                    "The hotkey “{text}” would take a key away from typing. Add Ctrl, Alt or Super, or use F1 to F20, or a modifier alone such as RightOption."
                ),
            ));
        }
        Ok(Self { modifiers, key })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_writes_chords() {
        for text in ["Ctrl+Alt+Space", "F13", "Alt+Shift+A", "Ctrl+Super+F5", "Ctrl+;", "Ctrl+Alt+Shift+Super+PageUp"] {
            assert_eq!(text.parse::<Hotkey>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn knows_the_names_of_both_platforms() {
        let mac: Hotkey = "control + Option+space".parse().unwrap();
        assert_eq!(mac, "Ctrl+Alt+Space".parse().unwrap());
        let cmd: Hotkey = "Cmd+Shift+d".parse().unwrap();
        assert!(cmd.modifiers.meta && cmd.modifiers.shift);
    }

    #[test]
    fn a_modifier_key_may_stand_alone() {
        for (text, written) in [
            ("RightOption", "RightAlt"),
            ("right option", "RightAlt"),
            ("RightAlt", "RightAlt"),
            ("LeftOption", "LeftAlt"),
            ("RightCommand", "RightSuper"),
            ("LeftCmd", "LeftSuper"),
            ("RightControl", "RightCtrl"),
            ("LeftCtrl", "LeftCtrl"),
            ("RightShift", "RightShift"),
            ("fn", "Fn"),
        ] {
            let hotkey: Hotkey = text.parse().unwrap();
            assert!(hotkey.modifiers.is_empty() && matches!(hotkey.key, Key::Modifier(_)), "{text}");
            assert_eq!(hotkey.to_string(), written);
            assert_eq!(written.parse(), Ok(hotkey));
        }
        assert_eq!("F5".parse::<Hotkey>().unwrap().key, Key::F(5));
    }

    #[test]
    fn refuses_what_would_eat_typing() {
        for text in ["A", "Space", "Shift+Return", "Ctrl+", "Ctrl+Alt", "F21", "Hyper+A", "", "+", "Ctrl+é"]
            .into_iter()
            // A modifier alone says which side it is on, and stands alone. Left Shift starts every capital letter.
            .chain(["Option", "LeftShift", "Shift+RightOption", "Ctrl+Fn", "RightF5"])
        {
            let error = text.parse::<Hotkey>().unwrap_err();
            assert_eq!(error.kind, ErrorKind::BadSettings, "{text}");
        }
    }
}

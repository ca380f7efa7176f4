//! Keys and modifiers in the Mac's numbers. Plain data: knows no system call.

use tawk_core::hotkey::{Key, ModifierKey, Modifiers};

/// The Return key (`kVK_Return` of HIToolbox/Events.h).
pub(crate) const RETURN: u16 = 0x24;
/// The Tab key (`kVK_Tab`).
pub(crate) const TAB: u16 = 0x30;

/// The virtual key code of `key`: its place on the keyboard, whatever the layout prints there (`kVK_ANSI_…` and
/// `kVK_…` of HIToolbox/Events.h). `None` for a character that no key of a US keyboard has.
pub(crate) fn key_code(key: Key) -> Option<u16> {
    Some(match key {
        Key::Char(c) => return character_code(c),
        Key::F(n) => return function_code(n),
        Key::Space => 0x31,
        Key::Return => RETURN,
        Key::Tab => TAB,
        Key::Escape => 0x35,
        // What Insert sends on a Mac, and what the Help key of old Mac keyboards is.
        Key::Insert => 0x72,
        Key::Delete => 0x75,
        Key::Home => 0x73,
        Key::End => 0x77,
        Key::PageUp => 0x74,
        Key::PageDown => 0x79,
        Key::Left => 0x7B,
        Key::Right => 0x7C,
        Key::Down => 0x7D,
        Key::Up => 0x7E,
        // A Mac takes the Scroll Lock and Pause keys of other keyboards for F14 and F15.
        Key::ScrollLock => return function_code(14),
        Key::Pause => return function_code(15),
        Key::Modifier(key) => modifier_code(key),
    })
}

/// The virtual key code of the key that has `c` on a US keyboard, with Shift or without. `None` for a character that has
/// none, and for those whose key is a dead key on some other layout (German, French, Spanish and others have their accents
/// where a US keyboard has `` ` = [ ] ; ' \ ``): whoever translated such a code would wait for the next letter.
pub(crate) fn text_code(c: char) -> Option<u16> {
    match c.to_ascii_lowercase() {
        ' ' => key_code(Key::Space),
        c @ ('a'..='z' | '0'..='9' | ',' | '.' | '-' | '/') => character_code(c),
        shifted => {
            let (_, plain) = SHIFTED.into_iter().find(|(c, _)| *c == shifted)?;
            character_code(plain)
        }
    }
}

/// What a US keyboard's keys print with Shift, where that is no capital letter.
const SHIFTED: [(char, char); 14] = [
    ('!', '1'),
    ('@', '2'),
    ('#', '3'),
    ('$', '4'),
    ('%', '5'),
    ('^', '6'),
    ('&', '7'),
    ('*', '8'),
    ('(', '9'),
    (')', '0'),
    ('<', ','),
    ('>', '.'),
    ('_', '-'),
    ('?', '/'),
];

/// The virtual key code of a modifier key (`kVK_RightOption` and so on).
pub(crate) fn modifier_code(key: ModifierKey) -> u16 {
    match key {
        ModifierKey::RightMeta => 0x36,
        ModifierKey::LeftMeta => 0x37,
        ModifierKey::LeftAlt => 0x3A,
        ModifierKey::LeftCtrl => 0x3B,
        ModifierKey::RightShift => 0x3C,
        ModifierKey::RightAlt => 0x3D,
        ModifierKey::RightCtrl => 0x3E,
        ModifierKey::Fn => 0x3F,
    }
}

fn character_code(c: char) -> Option<u16> {
    Some(match c {
        'a' => 0x00,
        's' => 0x01,
        'd' => 0x02,
        'f' => 0x03,
        'h' => 0x04,
        'g' => 0x05,
        'z' => 0x06,
        'x' => 0x07,
        'c' => 0x08,
        'v' => 0x09,
        'b' => 0x0B,
        'q' => 0x0C,
        'w' => 0x0D,
        'e' => 0x0E,
        'r' => 0x0F,
        'y' => 0x10,
        't' => 0x11,
        '1' => 0x12,
        '2' => 0x13,
        '3' => 0x14,
        '4' => 0x15,
        '6' => 0x16,
        '5' => 0x17,
        '=' => 0x18,
        '9' => 0x19,
        '7' => 0x1A,
        '-' => 0x1B,
        '8' => 0x1C,
        '0' => 0x1D,
        ']' => 0x1E,
        'o' => 0x1F,
        'u' => 0x20,
        '[' => 0x21,
        'i' => 0x22,
        'p' => 0x23,
        'l' => 0x25,
        'j' => 0x26,
        '\'' => 0x27,
        'k' => 0x28,
        ';' => 0x29,
        '\\' => 0x2A,
        ',' => 0x2B,
        '/' => 0x2C,
        'n' => 0x2D,
        'm' => 0x2E,
        '.' => 0x2F,
        '`' => 0x32,
        _ => return None,
    })
}

fn function_code(n: u8) -> Option<u16> {
    const CODES: [u16; 20] = [
        0x7A, 0x78, 0x63, 0x76, 0x60, 0x61, 0x62, 0x64, 0x65, 0x6D, 0x67, 0x6F, 0x69, 0x6B, 0x71, 0x6A, 0x40, 0x4F,
        0x50, 0x5A,
    ];
    CODES.get(usize::from(n).checked_sub(1)?).copied()
}

/// Modifiers as Carbon's hotkeys take them (`cmdKey`, `shiftKey`, `optionKey`, `controlKey` of HIToolbox/Events.h).
pub(crate) fn carbon_modifiers(modifiers: Modifiers) -> u32 {
    let Modifiers { ctrl, alt, shift, meta } = modifiers;
    [(meta, 0x0100), (shift, 0x0200), (alt, 0x0800), (ctrl, 0x1000)]
        .into_iter()
        .filter(|(held, _)| *held)
        .fold(0, |mask, (_, bit)| mask | bit)
}

/// Whether a chord is the one of an entry in the system's own list. There arrows, function keys and the like have Fn's bit
/// besides, held or not. With any other key it means that Fn is held, as in Fn+Control+F, which is not Control+F.
pub(crate) fn is_chord_of(code: u16, modifiers: u32, listed_code: i64, listed_modifiers: i64) -> bool {
    const ALL: i64 = 0x1B00;
    // Carbon's (`kEventKeyModifierFnMask`), and Cocoa's (`NSEventModifierFlagFunction`).
    const FN: i64 = 0x2_0000 | 0x80_0000;
    i64::from(code) == listed_code
        && i64::from(modifiers) == listed_modifiers & ALL
        && (has_fn_of_its_own(code) || listed_modifiers & FN == 0)
}

/// Whether the key's events have Fn's bit though nobody holds Fn.
fn has_fn_of_its_own(code: u16) -> bool {
    let keys = [Key::Insert, Key::Delete, Key::Home, Key::End, Key::PageUp, Key::PageDown];
    let arrows = [Key::Left, Key::Right, Key::Down, Key::Up];
    keys.into_iter().chain(arrows).chain((1..=20).map(Key::F)).any(|key| key_code(key) == Some(code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;
    use tawk_core::hotkey::Hotkey;

    #[test]
    fn every_key_of_the_settings_has_a_code_of_its_own() {
        let characters = ('a'..='z').chain('0'..='9').chain("`-=[]\\;',./".chars()).map(Key::Char);
        let named = [
            Key::Space,
            Key::Return,
            Key::Tab,
            Key::Escape,
            Key::Insert,
            Key::Delete,
            Key::Home,
            Key::End,
            Key::PageUp,
            Key::PageDown,
            Key::Left,
            Key::Right,
            Key::Up,
            Key::Down,
        ];
        let mut taken = HashMap::new();
        for key in characters.chain((1..=20).map(Key::F)).chain(named).chain(ModifierKey::ALL.map(Key::Modifier)) {
            let code = key_code(key).unwrap_or_else(|| panic!("{key} has no code"));
            assert!(code < 0x7F, "{key}");
            assert_eq!(taken.insert(code, key), None, "{key} shares the code {code:#x}");
        }
        assert_eq!(taken.len(), 47 + 20 + 14 + 8);
    }

    #[test]
    fn codes_agree_with_apples_header_where_it_is_easy_to_slip() {
        // The number row and the function keys are not in order.
        for (text, code) in [("5", 0x17), ("6", 0x16), ("9", 0x19), ("0", 0x1D), ("=", 0x18), ("-", 0x1B)] {
            assert_eq!(key_code(text.parse().unwrap()), Some(code), "{text}");
        }
        for (text, code) in [
            ("F1", 122),
            ("F5", 96),
            ("F12", 111),
            ("F13", 105),
            ("F20", 90),
            ("Space", 49),
            ("RightOption", 61),
            ("Fn", 63),
        ] {
            assert_eq!(key_code(text.parse().unwrap()), Some(code), "{text}");
        }
        assert_eq!((RETURN, TAB), (36, 48));
    }

    #[test]
    fn text_has_the_code_of_its_own_key_or_none() {
        let codes: Vec<_> = "aA ,?.-7&/".chars().map(text_code).collect();
        let expected = [0x00, 0x00, 0x31, 0x2B, 0x2C, 0x2F, 0x1B, 0x1A, 0x1A, 0x2C];
        assert_eq!(codes, expected.map(Some));
        // Dead keys of other layouts, and what no key prints.
        for c in "`~=+[]{}\\|;:'\"éß€\u{a0}\u{7f}\n\t\r\u{1b}\0".chars() {
            assert_eq!(text_code(c), None, "{c:?}");
        }
        // Nothing but a printing key: no Return, Tab, Escape, Delete, arrow, function or modifier key.
        let never = [RETURN, TAB, 0x33, 0x35, 0x4C, 0x72, 0x73, 0x74, 0x75, 0x77, 0x79, 0x7B, 0x7C, 0x7D, 0x7E];
        for code in (0..=u32::from(char::MAX)).filter_map(char::from_u32).filter_map(text_code) {
            assert!(code <= 0x31 && !never.contains(&code), "{code:#x}");
        }
    }

    #[test]
    fn what_no_key_prints_has_no_code() {
        assert_eq!(key_code(Key::Char('é')), None);
        assert_eq!(key_code(Key::F(0)), None);
        assert_eq!(key_code(Key::F(21)), None);
    }

    #[test]
    fn the_systems_chords_are_told_from_others() {
        let chord = |text: &str| {
            let hotkey: Hotkey = text.parse().unwrap();
            (key_code(hotkey.key).unwrap(), carbon_modifiers(hotkey.modifiers))
        };
        let is = |text, listed_code, listed_modifiers| {
            let (code, modifiers) = chord(text);
            is_chord_of(code, modifiers, listed_code, listed_modifiers)
        };
        // The next input source, as macOS lists it.
        assert!(is("Ctrl+Alt+Space", 49, 0x1800));
        assert!(!is("Ctrl+Shift+Space", 49, 0x1800));
        assert!(!is("Ctrl+Alt+D", 49, 0x1800));
        // The desktop, with Fn's bit.
        assert!(is("F11", 103, 0x2_0000));
        assert!(!is("Shift+F11", 103, 0x2_0000));
        assert!(is("F11", 103, 0x80_0000));
        // An arrow, likewise.
        assert!(is("Ctrl+Left", 123, 0x2_1000));
        // Full screen and Quick Note are Fn's chords, and leave the plain ones to others.
        assert!(!is("Ctrl+F", 3, 0x2_1000));
        assert!(!is("Ctrl+F", 3, 0x80_1000));
        assert!(is("Ctrl+F", 3, 0x1000));
        // An entry without a key.
        assert!(!is("F11", 65535, 0));
    }

    #[test]
    fn modifiers_are_combined() {
        let modifiers = |text: &str| carbon_modifiers(text.parse::<Hotkey>().unwrap().modifiers);
        assert_eq!(modifiers("F13"), 0);
        assert_eq!(modifiers("Ctrl+Alt+Space"), 0x1800);
        assert_eq!(modifiers("Cmd+Shift+D"), 0x0300);
    }
}

//! Where a hotkey's keys are on this keyboard.

use tawk_core::hotkey::{Key, ModifierKey, Modifiers};
use x11rb::protocol::xkb::{self, ConnectionExt as _, NameDetail};
use x11rb::protocol::xproto::{Keycode, Keysym, ModMask};
use xkeysym::key;

use super::display::{Broken, Display};
use super::keyboard::{Map, mask_bits};

/// The rows of a US keyboard and the XKB names of their keys: the name's beginning and the number of the first key.
const ROWS: [(&str, &str, u8); 4] =
    [("1234567890-=", "AE", 1), ("qwertyuiop[]", "AD", 1), ("asdfghjkl;'", "AC", 1), ("zxcvbnm,./", "AB", 1)];

/// Keys by position and keys by symbol, read from the display once.
pub(super) struct KeyPositions {
    map: Map,
    names: Vec<(Keycode, [u8; 4])>,
}

impl KeyPositions {
    /// Asks for the keyboard's layout and the names of its keys.
    pub(super) fn read(display: &Display) -> Result<Self, Broken> {
        let core: u16 = xkb::ID::USE_CORE_KBD.into();
        let map = Map::read(display, core)?;
        let names = display.conn.xkb_get_names(core, NameDetail::KEY_NAMES)?.reply()?;
        let codes = names.first_key..=u8::MAX;
        let names = codes.zip(names.value_list.key_names.unwrap_or_default().into_iter().map(|key| key.name)).collect();
        Ok(Self { map, names })
    }

    /// The code of `key`. Keys for characters and modifiers that stand alone are found by where they are on the
    /// keyboard, others by what they mean, and if no key means that, by where they are.
    pub(super) fn code_of(&self, key: Key) -> Option<Keycode> {
        let place = |name| self.names.iter().find(|(_, other)| *other == name).map(|(code, _)| *code);
        let by_name = || name_of(key).and_then(place);
        let by_symbol = || symbol_of(key).and_then(|symbol| self.map.code_of_symbol(symbol));
        if matches!(key, Key::Char(_) | Key::Space | Key::Modifier(_)) {
            by_name().or_else(by_symbol)
        } else {
            by_symbol().or_else(by_name)
        }
    }

    /// The modifiers of a chord; `None` if the keyboard lacks one of them.
    pub(super) fn mask_of(&self, modifiers: Modifiers) -> Option<ModMask> {
        let fixed = |mask: ModMask| mask_bits(mask);
        let lowest = |symbols: &[Keysym]| {
            let mask = self.map.mask_of_symbols(symbols);
            mask & mask.wrapping_neg()
        };
        let wanted = [
            (modifiers.ctrl, fixed(ModMask::CONTROL)),
            (modifiers.shift, fixed(ModMask::SHIFT)),
            (modifiers.alt, lowest(&[key::Alt_L, key::Alt_R])),
            (modifiers.meta, lowest(&[key::Super_L, key::Super_R])),
        ];
        let mut all = 0;
        for (_, mask) in wanted.into_iter().filter(|(wanted, _)| *wanted) {
            if mask == 0 {
                return None;
            }
            all |= mask;
        }
        Some(ModMask::from(all))
    }

    /// Every combination of the locks (Caps, Num, Scroll) that may be on while a chord is pressed.
    pub(super) fn lock_combinations(&self) -> Vec<u8> {
        let locks = [
            mask_bits(ModMask::LOCK),
            self.map.mask_of_symbols(&[key::Num_Lock]),
            self.map.mask_of_symbols(&[key::Scroll_Lock]),
        ];
        let mut all: Vec<u8> = (0..8usize)
            .map(|pick| locks.iter().enumerate().filter(|(at, _)| pick >> at & 1 == 1).fold(0, |mask, (_, m)| mask | m))
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The keys whose change may move a chord.
    pub(super) fn modifier_codes(&self) -> Vec<Keycode> {
        self.map.modifier_codes()
    }
}

/// Keys that have a name instead of a character: the XKB name of the place and the symbol. Fn is not among them, since
/// keyboards keep it to themselves.
const NAMED: [(Key, &str, Keysym); 23] = [
    (Key::Space, "SPCE", key::space),
    (Key::Return, "RTRN", key::Return),
    (Key::Tab, "TAB", key::Tab),
    (Key::Escape, "ESC", key::Escape),
    (Key::Insert, "INS", key::Insert),
    (Key::Delete, "DELE", key::Delete),
    (Key::Home, "HOME", key::Home),
    (Key::End, "END", key::End),
    (Key::PageUp, "PGUP", key::Page_Up),
    (Key::PageDown, "PGDN", key::Page_Down),
    (Key::Left, "LEFT", key::Left),
    (Key::Right, "RGHT", key::Right),
    (Key::Up, "UP", key::Up),
    (Key::Down, "DOWN", key::Down),
    (Key::Pause, "PAUS", key::Pause),
    (Key::ScrollLock, "SCLK", key::Scroll_Lock),
    (Key::Modifier(ModifierKey::LeftCtrl), "LCTL", key::Control_L),
    (Key::Modifier(ModifierKey::RightCtrl), "RCTL", key::Control_R),
    (Key::Modifier(ModifierKey::LeftAlt), "LALT", key::Alt_L),
    (Key::Modifier(ModifierKey::RightAlt), "RALT", key::Alt_R),
    (Key::Modifier(ModifierKey::RightShift), "RTSH", key::Shift_R),
    (Key::Modifier(ModifierKey::LeftMeta), "LWIN", key::Super_L),
    (Key::Modifier(ModifierKey::RightMeta), "RWIN", key::Super_R),
];

/// The XKB name of the key at `key`'s place.
fn name_of(key: Key) -> Option<[u8; 4]> {
    let name = match key {
        Key::Char('`') => "TLDE".into(),
        Key::Char('\\') => "BKSL".into(),
        Key::Char(c) => ROWS.iter().find_map(|(row, prefix, first)| {
            let column = row.chars().position(|other| other == c.to_ascii_lowercase())?;
            Some(format!("{prefix}{:02}", column + usize::from(*first)))
        })?,
        Key::F(number) => format!("FK{number:02}"),
        named => NAMED.iter().find(|(key, ..)| *key == named).map(|(_, name, _)| (*name).into())?,
    };
    let mut padded = [0; 4];
    padded.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    Some(padded)
}

/// What `key` means.
fn symbol_of(key: Key) -> Option<Keysym> {
    match key {
        Key::Char(c) => Some(u32::from(c.to_ascii_lowercase())),
        Key::F(number) => Some(key::F1 + u32::from(number.saturating_sub(1))),
        named => NAMED.iter().find(|(key, ..)| *key == named).map(|(.., symbol)| *symbol),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_a_us_keyboard() {
        let name = |key| String::from_utf8(name_of(key).unwrap().to_vec()).unwrap().trim_end_matches('\0').to_owned();
        for (key, expected) in [
            (Key::Char('1'), "AE01"),
            (Key::Char('='), "AE12"),
            (Key::Char('q'), "AD01"),
            (Key::Char(']'), "AD12"),
            (Key::Char('D'), "AC03"),
            (Key::Char('\''), "AC11"),
            (Key::Char('/'), "AB10"),
            (Key::Char('`'), "TLDE"),
            (Key::F(9), "FK09"),
            (Key::F(13), "FK13"),
            (Key::Space, "SPCE"),
            (Key::Up, "UP"),
            (Key::Modifier(ModifierKey::RightAlt), "RALT"),
        ] {
            assert_eq!(name(key), expected);
        }
    }

    #[test]
    fn symbols_have_their_numbers() {
        assert_eq!(symbol_of(Key::F(1)), Some(0xffbe));
        assert_eq!(symbol_of(Key::F(20)), Some(0xffd1));
        assert_eq!(symbol_of(Key::Char(';')), Some(0x3b));
        assert_eq!(symbol_of(Key::Modifier(ModifierKey::Fn)), None);
    }
}

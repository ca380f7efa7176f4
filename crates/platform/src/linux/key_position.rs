//! Where a hotkey's keys are on this keyboard.

use tawk_core::hotkey::{Key, Modifiers};
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

    /// The code of `key`. Keys for characters are found by where they are on the keyboard, others by what they mean,
    /// and if no key means that, by where they are.
    pub(super) fn code_of(&self, key: Key) -> Option<Keycode> {
        let name = name_of(key);
        let by_name = || self.names.iter().find(|(_, other)| name != [0; 4] && *other == name).map(|(code, _)| *code);
        let by_symbol = || self.map.code_of_symbol(symbol_of(key));
        if matches!(key, Key::Char(_) | Key::Space) {
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

/// The XKB name of the key at `key`'s place.
fn name_of(key: Key) -> [u8; 4] {
    let name = match key {
        Key::Char('`') => "TLDE".into(),
        Key::Char('\\') => "BKSL".into(),
        Key::Char(c) => {
            let found = ROWS.iter().find_map(|(row, prefix, first)| {
                let column = row.chars().position(|other| other == c.to_ascii_lowercase())?;
                Some(format!("{prefix}{:02}", column + usize::from(*first)))
            });
            found.unwrap_or_default()
        }
        Key::F(number) => format!("FK{number:02}"),
        Key::Space => "SPCE".into(),
        Key::Return => "RTRN".into(),
        Key::Tab => "TAB".into(),
        Key::Escape => "ESC".into(),
        Key::Insert => "INS".into(),
        Key::Delete => "DELE".into(),
        Key::Home => "HOME".into(),
        Key::End => "END".into(),
        Key::PageUp => "PGUP".into(),
        Key::PageDown => "PGDN".into(),
        Key::Left => "LEFT".into(),
        Key::Right => "RGHT".into(),
        Key::Up => "UP".into(),
        Key::Down => "DOWN".into(),
        Key::Pause => "PAUS".into(),
        Key::ScrollLock => "SCLK".into(),
    };
    let mut padded = [0; 4];
    padded.iter_mut().zip(name.bytes()).for_each(|(to, from)| *to = from);
    padded
}

/// What `key` means.
fn symbol_of(key: Key) -> Keysym {
    match key {
        Key::Char(c) => u32::from(c.to_ascii_lowercase()),
        Key::F(number) => key::F1 + u32::from(number.saturating_sub(1)),
        Key::Space => key::space,
        Key::Return => key::Return,
        Key::Tab => key::Tab,
        Key::Escape => key::Escape,
        Key::Insert => key::Insert,
        Key::Delete => key::Delete,
        Key::Home => key::Home,
        Key::End => key::End,
        Key::PageUp => key::Page_Up,
        Key::PageDown => key::Page_Down,
        Key::Left => key::Left,
        Key::Right => key::Right,
        Key::Up => key::Up,
        Key::Down => key::Down,
        Key::Pause => key::Pause,
        Key::ScrollLock => key::Scroll_Lock,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_those_of_a_us_keyboard() {
        let name = |key| String::from_utf8(name_of(key).to_vec()).unwrap().trim_end_matches('\0').to_owned();
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
        ] {
            assert_eq!(name(key), expected);
        }
    }

    #[test]
    fn symbols_have_their_numbers() {
        assert_eq!(symbol_of(Key::F(1)), 0xffbe);
        assert_eq!(symbol_of(Key::F(20)), 0xffd1);
        assert_eq!(symbol_of(Key::Char(';')), 0x3b);
    }
}

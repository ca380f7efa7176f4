//! The keyboard layout that typed keys go through: which key gives which character, and which keys are free.

use std::collections::HashMap;

use x11rb::protocol::xkb::{ConnectionExt as _, GetMapReply, KeySymMap, KeyType, MapPart, SetMapAux, SetMapFlags};
use x11rb::protocol::xproto::{Keycode, Keysym, ModMask};
use xkeysym::key;

use super::display::{Broken, Display};

/// Key codes of the block that people write with, from Escape to the key beside the left Shift; the same in every
/// keyboard driver of X11. Media keyboards repeat some characters on higher codes, which apps know less well.
const WRITING_KEYS: std::ops::RangeInclusive<Keycode> = 9..=94;

/// A key, and what is held with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Press {
    /// The key.
    pub(super) code: Keycode,
    /// Whether Shift is held with it.
    pub(super) shift: bool,
    /// Whether AltGr is held with it.
    pub(super) level3: bool,
}

/// The keyboard layout as it is at one moment.
#[derive(Debug)]
pub(super) struct Keyboard {
    chars: HashMap<char, Press>,
    /// The Shift key; `None` on a keyboard without one.
    pub(super) shift: Option<Keycode>,
    /// The AltGr key.
    pub(super) level3: Option<Keycode>,
    /// The Return key.
    pub(super) return_key: Option<Keycode>,
    /// The Tab key.
    pub(super) tab: Option<Keycode>,
    /// Keys without any symbol and without any role, free to be given one.
    pub(super) spare: Vec<Keycode>,
    /// Keys that change what others do while they are held: Control, Alt, AltGr and the like, but no locks.
    pub(super) modifiers: Vec<Keycode>,
    /// The modifier that Num Lock sets, which does not change the keys that people write with.
    pub(super) num_lock: ModMask,
}

/// A layout as the display told it, whatever group is in force.
#[derive(Debug)]
pub(super) struct Map {
    first: Keycode,
    keys: Vec<KeySymMap>,
    types: Vec<KeyType>,
    modifier_map: HashMap<Keycode, u8>,
}

impl Map {
    /// Asks for the layout of the keyboard `device` (a device id, or the core keyboard). One round trip.
    pub(super) fn read(display: &Display, device: u16) -> Result<Self, Broken> {
        let parts = MapPart::KEY_TYPES | MapPart::KEY_SYMS | MapPart::MODIFIER_MAP;
        let none = MapPart::from(0u16);
        let no_modifiers = 0u16.into();
        let conn = &display.conn;
        let reply =
            conn.xkb_get_map(device, parts, none, 0, 0, 0, 0, 0, 0, 0, 0, no_modifiers, 0, 0, 0, 0, 0, 0)?.reply()?;
        Ok(Self::from(reply))
    }

    fn key(&self, code: Keycode) -> Option<&KeySymMap> {
        self.keys.get(usize::from(code.checked_sub(self.first)?))
    }

    fn codes(&self) -> impl Iterator<Item = Keycode> {
        (self.first..=u8::MAX).take(self.keys.len())
    }

    /// The symbol of `code` at `level` (from 0) of `group` (from 0), with groups that the key lacks folded into those
    /// that it has, as the display does it.
    fn symbol(&self, code: Keycode, group: u8, level: u8) -> Option<Keysym> {
        let key = self.key(code)?;
        let group = fold_group(key.group_info, group)?;
        if level >= key.width {
            return None;
        }
        let at = usize::from(group) * usize::from(key.width) + usize::from(level);
        key.syms.get(at).copied().filter(|&symbol| symbol != key::NoSymbol)
    }

    /// The first key that has `symbol` at its first level in any group.
    pub(super) fn code_of_symbol(&self, symbol: Keysym) -> Option<Keycode> {
        (0..4).find_map(|group| self.codes().find(|&code| self.symbol(code, group, 0) == Some(symbol)))
    }

    /// All modifiers that keys with one of `symbols` set.
    pub(super) fn mask_of_symbols(&self, symbols: &[Keysym]) -> u8 {
        let has = |code: Keycode| self.key(code).is_some_and(|key| key.syms.iter().any(|s| symbols.contains(s)));
        self.modifier_map.iter().filter(|(code, _)| has(**code)).fold(0, |mask, (_, modifier)| mask | modifier)
    }

    /// The keys that set a modifier, locks included.
    pub(super) fn modifier_codes(&self) -> Vec<Keycode> {
        self.modifier_map.keys().copied().collect()
    }

    /// The modifiers that must be held so that `code` gives each of its levels in `group`.
    fn levels(&self, code: Keycode, group: u8) -> Vec<(u8, u8)> {
        let mut levels = vec![(0, 0)];
        let Some(key) = self.key(code) else { return levels };
        let Some(group) = fold_group(key.group_info, group) else { return levels };
        let key_type = key.kt_index.get(usize::from(group)).and_then(|&at| self.types.get(usize::from(at)));
        if let Some(key_type) = key_type {
            let active = key_type.map.iter().filter(|entry| entry.active && entry.level > 0);
            levels.extend(active.map(|entry| (entry.level, mask_bits(entry.mods_mask))));
        }
        levels
    }

    /// Gives each key of `changes` (sorted by code) one symbol on all its levels; [`key::NoSymbol`] takes all symbols
    /// away. One request, so that every app is told once: some window managers take 50 ms for each notice. Keys between
    /// them are written as they are.
    pub(super) fn write_symbols(
        &self,
        display: &Display,
        device: u16,
        changes: &[(Keycode, Keysym)],
    ) -> Result<(), Broken> {
        let (Some(&(first, _)), Some(&(last, _))) = (changes.first(), changes.last()) else { return Ok(()) };
        let one_level = 0;
        let changed = |code: Keycode| match changes.iter().find(|(other, _)| *other == code) {
            Some((_, key::NoSymbol)) => KeySymMap::default(),
            Some(&(_, symbol)) => KeySymMap { kt_index: [one_level; 4], group_info: 1, width: 1, syms: vec![symbol] },
            None => self.key(code).cloned().unwrap_or_default(),
        };
        let keys: Vec<KeySymMap> = (first..=last).map(changed).collect();
        let (count, total) = (keys.len() as u8, keys.iter().map(|key| key.syms.len()).sum::<usize>() as u16);
        let (nothing, values) = (SetMapFlags::from(0u16), SetMapAux::new().syms(keys));
        let (min, max) = (self.first, self.codes().last().unwrap_or(self.first));
        let conn = &display.conn;
        conn.xkb_set_map(
            device,
            nothing,
            min,
            max,
            0,
            0,
            first,
            count,
            total,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0u16.into(),
            &values,
        )?;
        Ok(())
    }

    /// What this layout means while `group` (from 0) is in force.
    pub(super) fn in_group(&self, group: u8) -> Keyboard {
        let writing_first = |code: &Keycode| (!WRITING_KEYS.contains(code), *code);
        let find = |symbol: Keysym| {
            self.codes().filter(|&code| self.symbol(code, group, 0) == Some(symbol)).min_by_key(writing_first)
        };
        let shift_mask = mask_bits(ModMask::SHIFT);
        let shift = self.codes().find(|code| {
            self.modifier_map.get(code) == Some(&shift_mask)
                && matches!(self.symbol(*code, group, 0), Some(key::Shift_L | key::Shift_R))
        });
        let level3 = self.codes().find(|code| {
            self.modifier_map.contains_key(code) && self.symbol(*code, group, 0) == Some(key::ISO_Level3_Shift)
        });
        let level3_mask = level3.and_then(|code| self.modifier_map.get(&code)).copied().unwrap_or(0);

        let mut best: HashMap<char, ((bool, u32, Keycode), Press)> = HashMap::new();
        for code in self.codes().filter(|code| !self.modifier_map.contains_key(code)) {
            for (level, mask) in self.levels(code, group) {
                let Some(c) = self.symbol(code, group, level).and_then(char_of_symbol) else { continue };
                let (with_shift, with_level3) = (mask & shift_mask != 0, mask & level3_mask != 0);
                let reachable = mask & !(shift_mask | level3_mask) == 0 && (!with_shift || shift.is_some());
                if !reachable {
                    continue;
                }
                let rank = (!WRITING_KEYS.contains(&code), mask.count_ones(), code);
                let press = Press { code, shift: with_shift, level3: with_level3 };
                match best.get(&c) {
                    Some((other, _)) if *other <= rank => {}
                    _ => {
                        best.insert(c, (rank, press));
                    }
                }
            }
        }
        let is_free = |code: &Keycode| {
            !self.modifier_map.contains_key(code)
                && self.key(*code).is_some_and(|key| key.syms.iter().all(|&symbol| symbol == key::NoSymbol))
        };
        let is_modifier = |code: &Keycode| {
            let symbols = self.key(*code).map_or(&[][..], |key| &key.syms);
            symbols.iter().any(|&symbol| is_held_modifier(symbol))
        };
        Keyboard {
            chars: best.into_iter().map(|(c, (_, press))| (c, press)).collect(),
            shift,
            level3,
            return_key: find(key::Return),
            tab: find(key::Tab),
            spare: self.codes().filter(is_free).collect(),
            modifiers: self.codes().filter(is_modifier).collect(),
            num_lock: ModMask::from(self.mask_of_symbols(&[key::Num_Lock])),
        }
    }
}

impl From<GetMapReply> for Map {
    fn from(reply: GetMapReply) -> Self {
        let modifier_map = reply.map.modmap_rtrn.unwrap_or_default();
        Self {
            first: reply.first_key_sym,
            keys: reply.map.syms_rtrn.unwrap_or_default(),
            types: reply.map.types_rtrn.unwrap_or_default(),
            modifier_map: modifier_map.iter().map(|entry| (entry.keycode, mask_bits(entry.mods))).collect(),
        }
    }
}

impl Keyboard {
    /// How to type `c`; `None` when the layout lacks it.
    pub(super) fn press(&self, c: char) -> Option<Press> {
        self.chars.get(&c).copied()
    }
}

/// The eight modifiers of `mask` as bits.
pub(super) fn mask_bits(mask: ModMask) -> u8 {
    (u16::from(mask) & 0xff) as u8
}

/// The group of a key that is used when `group` is in force; `None` for a key without symbols. The rules are those of
/// the XKB protocol, section 7.2: too high groups wrap round, stop at the last, or go to a fixed one.
fn fold_group(group_info: u8, group: u8) -> Option<u8> {
    let count = group_info & 0x0f;
    if count == 0 {
        return None;
    }
    if group < count {
        return Some(group);
    }
    match group_info & 0xc0 {
        0x40 => Some(count - 1),
        0x80 => Some(group_info >> 4 & 0x03).map(|fixed| if fixed < count { fixed } else { 0 }),
        _ => Some(group % count),
    }
}

/// The character that a key with `symbol` types by itself. Keys of the number pad are left out: Num Lock changes them.
fn char_of_symbol(symbol: Keysym) -> Option<char> {
    let symbol = xkeysym::Keysym::new(symbol);
    if symbol.is_keypad_key() {
        return None;
    }
    symbol.key_char().filter(|c| !c.is_control())
}

/// The symbol that types `c`: Latin-1 characters are their own symbols, and all others have one by their number
/// (X11 protocol, appendix A).
pub(super) fn symbol_of_char(c: char) -> Keysym {
    match u32::from(c) {
        latin @ (0x20..=0x7e | 0xa0..=0xff) => latin,
        other => 0x0100_0000 + other,
    }
}

fn is_held_modifier(symbol: Keysym) -> bool {
    matches!(
        symbol,
        key::Shift_L..=key::Control_R
            | key::Meta_L..=key::Hyper_R
            | key::ISO_Level3_Shift
            | key::ISO_Level5_Shift
            | key::Mode_switch
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use x11rb::protocol::xkb::KTMapEntry;

    fn key_type(levels: &[(u8, u16)]) -> KeyType {
        let map = levels.iter().map(|&(level, mods)| KTMapEntry {
            active: true,
            level,
            mods_mask: mods.into(),
            ..KTMapEntry::default()
        });
        KeyType { map: map.collect(), ..KeyType::default() }
    }

    fn sym_key(kt_index: u8, groups: u8, width: u8, syms: &[Keysym]) -> KeySymMap {
        KeySymMap { kt_index: [kt_index; 4], group_info: groups, width, syms: syms.to_vec() }
    }

    /// Codes from 10: a/A, q/Q/@ with AltGr, nothing, Shift, AltGr, 1 on the number pad, a Cyrillic second group.
    fn map() -> Map {
        Map {
            first: 10,
            types: vec![key_type(&[]), key_type(&[(1, 1)]), key_type(&[(1, 1), (2, 0x80), (3, 0x81)])],
            keys: vec![
                sym_key(1, 1, 2, &[key::a, key::A]),
                sym_key(2, 1, 4, &[key::q, key::Q, key::at, 0]),
                sym_key(0, 0, 0, &[]),
                sym_key(0, 1, 1, &[key::Shift_L]),
                sym_key(0, 1, 1, &[key::ISO_Level3_Shift]),
                sym_key(0, 1, 1, &[key::KP_1]),
                sym_key(1, 2, 2, &[key::f, key::F, key::Cyrillic_a, key::Cyrillic_A]),
                sym_key(0, 1, 1, &[key::Return]),
            ],
            modifier_map: HashMap::from([(13, 1), (14, 0x80)]),
        }
    }

    #[test]
    fn finds_every_reachable_level() {
        let keyboard = map().in_group(0);
        assert_eq!(keyboard.press('a'), Some(Press { code: 10, shift: false, level3: false }));
        assert_eq!(keyboard.press('Q'), Some(Press { code: 11, shift: true, level3: false }));
        assert_eq!(keyboard.press('@'), Some(Press { code: 11, shift: false, level3: true }));
        assert_eq!(keyboard.press('f').map(|press| press.code), Some(16));
        assert_eq!(keyboard.press('а'), None);
        assert_eq!(keyboard.press('1'), None);
        assert_eq!((keyboard.shift, keyboard.level3), (Some(13), Some(14)));
        assert_eq!(keyboard.return_key, Some(17));
        assert_eq!(keyboard.spare, [12]);
        assert_eq!(keyboard.modifiers, [13, 14]);
    }

    #[test]
    fn follows_the_group_in_force() {
        let keyboard = map().in_group(1);
        assert_eq!(keyboard.press('А'), Some(Press { code: 16, shift: true, level3: false }));
        assert_eq!(keyboard.press('f'), None);
        assert_eq!(keyboard.press('a').map(|press| press.code), Some(10));
    }

    #[test]
    fn too_high_groups_are_folded() {
        assert_eq!(fold_group(0x00, 0), None);
        assert_eq!(fold_group(0x02, 3), Some(1));
        assert_eq!(fold_group(0x42, 2), Some(1));
        assert_eq!(fold_group(0x82, 3), Some(0));
        assert_eq!(fold_group(0x92, 3), Some(1));
    }

    #[test]
    fn symbols_follow_the_protocol() {
        assert_eq!(symbol_of_char('é'), 0xe9);
        assert_eq!(symbol_of_char('€'), 0x0100_20ac);
        assert_eq!(symbol_of_char('😀'), 0x0101_f600);
    }
}

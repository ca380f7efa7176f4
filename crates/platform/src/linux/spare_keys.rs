//! Gives characters that the layout lacks to keys that it does not use.

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{Atom, AtomEnum, ConnectionExt as _, Keycode, Keysym, PropMode};
use x11rb::wrapper::ConnectionExt as _;
use xkeysym::key;

use super::display::{Broken, Display};
use super::keyboard::{Map, symbol_of_char};
use super::keys::DeviceId;

/// The spare keys of a keyboard, and the characters that they carry at the moment.
pub(super) struct SpareKeys {
    slots: Vec<Slot>,
    uses: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Slot {
    code: Keycode,
    carries: Option<char>,
    last_use: u64,
}

impl SpareKeys {
    /// All of `codes` are without a character.
    pub(super) fn new(codes: &[Keycode]) -> Self {
        let slots = codes.iter().map(|&code| Slot { code, carries: None, last_use: 0 }).collect();
        Self { slots, uses: 0 }
    }

    /// How many characters can be carried at once.
    pub(super) fn capacity(&self) -> usize {
        self.slots.len()
    }

    /// The key that carries `c` now.
    pub(super) fn code_of(&mut self, c: char) -> Option<Keycode> {
        let slot = self.slots.iter_mut().find(|slot| slot.carries == Some(c))?;
        self.uses += 1;
        slot.last_use = self.uses;
        Some(slot.code)
    }

    /// The characters to carry next: the first different ones of `upcoming`, as many as there are keys.
    fn wanted(&self, upcoming: impl Iterator<Item = char>) -> Vec<char> {
        let mut wanted = Vec::with_capacity(self.slots.len());
        for c in upcoming {
            if wanted.len() == self.slots.len() {
                break;
            }
            if !wanted.contains(&c) {
                wanted.push(c);
            }
        }
        wanted
    }

    /// Gives keys to the first of `upcoming`. Characters that have one keep it; the others get the keys unused for
    /// longest. Returns the keys that changed.
    fn assign(&mut self, upcoming: impl Iterator<Item = char>) -> Vec<(Keycode, char)> {
        let wanted = self.wanted(upcoming);
        let carried: Vec<char> = self.slots.iter().filter_map(|slot| slot.carries).collect();
        let mut free: Vec<&mut Slot> =
            self.slots.iter_mut().filter(|slot| slot.carries.is_none_or(|c| !wanted.contains(&c))).collect();
        free.sort_by_key(|slot| (slot.carries.is_some(), slot.last_use, slot.code));
        let missing = wanted.iter().copied().filter(|c| !carried.contains(c));
        let mut changed: Vec<(Keycode, char)> = free
            .into_iter()
            .zip(missing)
            .map(|(slot, c)| {
                slot.carries = Some(c);
                (slot.code, c)
            })
            .collect();
        changed.sort_unstable();
        changed
    }

    /// Lets the keys carry the first of `upcoming`, from the next key on that the display is sent.
    pub(super) fn carry(
        &mut self,
        display: &Display,
        device: DeviceId,
        note: &Note,
        upcoming: impl Iterator<Item = char>,
    ) -> Result<(), Broken> {
        let changed = self.assign(upcoming);
        let carrying: Vec<Keycode> = self.slots.iter().filter(|s| s.carries.is_some()).map(|s| s.code).collect();
        note.write(display, &carrying)?;
        let symbols: Vec<(Keycode, Keysym)> = changed.iter().map(|&(code, c)| (code, symbol_of_char(c))).collect();
        Map::read(display, device)?.write_symbols(display, device, &symbols)?;
        display.conn.flush()?;
        Ok(())
    }

    /// Takes all characters away again, so that the layout is what it was.
    pub(super) fn clear(&mut self, display: &Display, device: DeviceId, note: &Note) -> Result<(), Broken> {
        let carrying = self.slots.iter_mut().filter_map(|slot| slot.carries.take().map(|_| slot.code));
        let symbols: Vec<(Keycode, Keysym)> = carrying.map(|code| (code, key::NoSymbol)).collect();
        if symbols.is_empty() {
            return Ok(());
        }
        Map::read(display, device)?.write_symbols(display, device, &symbols)?;
        note.erase(display)?;
        display.conn.flush()?;
        Ok(())
    }
}

/// A note on the display of the keys that carry characters, for the case that Tawk is killed in the midst of typing.
pub(super) struct Note {
    property: Atom,
}

impl Note {
    /// Touches only the name.
    pub(super) fn new(display: &Display) -> Result<Self, Broken> {
        Ok(Self { property: display.atom("_TAWK_SPARE_KEYS")? })
    }

    /// Takes away the characters that an earlier Tawk left, which would otherwise pass for the layout's own.
    pub(super) fn clean_up(&self, display: &Display, device: DeviceId) -> Result<(), Broken> {
        let property = display.conn.get_property(false, display.root, self.property, AtomEnum::INTEGER, 0, 64)?;
        let mut symbols: Vec<(Keycode, Keysym)> =
            property.reply()?.value.into_iter().map(|code| (code, key::NoSymbol)).collect();
        if symbols.is_empty() {
            return Ok(());
        }
        symbols.sort_unstable();
        Map::read(display, device)?.write_symbols(display, device, &symbols)?;
        self.erase(display)
    }

    fn write(&self, display: &Display, codes: &[Keycode]) -> Result<(), Broken> {
        let (root, kind) = (display.root, AtomEnum::INTEGER);
        display.conn.change_property8(PropMode::REPLACE, root, self.property, kind, codes)?;
        Ok(())
    }

    fn erase(&self, display: &Display) -> Result<(), Broken> {
        display.conn.delete_property(display.root, self.property)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_different_characters_get_keys() {
        let mut spare = SpareKeys::new(&[8, 93, 97]);
        assert_eq!(spare.assign("éèéüö".chars()), [(8, 'é'), (93, 'è'), (97, 'ü')]);
        assert_eq!(spare.code_of('è'), Some(93));
        assert_eq!(spare.code_of('ö'), None);
    }

    #[test]
    fn what_is_still_wanted_keeps_its_key_and_the_longest_unused_goes() {
        let mut spare = SpareKeys::new(&[8, 93, 97]);
        spare.assign("éèü".chars());
        for c in "üéè".chars() {
            spare.code_of(c);
        }
        assert_eq!(spare.assign("öé".chars()), [(97, 'ö')]);
        assert_eq!(spare.code_of('é'), Some(8));
        assert_eq!(spare.code_of('è'), Some(93));
    }

    #[test]
    fn without_spare_keys_nothing_is_carried() {
        let mut spare = SpareKeys::new(&[]);
        assert_eq!(spare.assign("é".chars()), []);
        assert_eq!((spare.capacity(), spare.code_of('é')), (0, None));
    }
}

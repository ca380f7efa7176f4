//! Keys that the user still holds when typing is about to begin.
//!
//! A held Control or Alt would turn typed letters into commands. Tawk waits for the user to let go; after a bound it
//! releases the keys itself, types, and presses again those that the user holds even then.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask, XIEventMask};
use x11rb::protocol::xkb::{self, ConnectionExt as _, GetStateReply};
use x11rb::protocol::xproto::{ConnectionExt as _, Keycode, ModMask};

use super::display::{Broken, Display};
use super::keyboard::{Keyboard, mask_bits};
use super::keys::{DeviceId, KeyBits, Keys, is_down, keys_down_by_device};

/// How often to look whether the user has let go.
const LOOK_EVERY: Duration = Duration::from_millis(2);

/// What stands between the user's hands and the text.
#[derive(Default)]
pub(super) struct HeldKeys {
    released: Vec<Released>,
    /// The locks that were on: Caps Lock above all.
    unlocked: u8,
    /// How often each key of each device went up since listening began, by whomever.
    seen_releases: HashMap<(DeviceId, Keycode), u32>,
    listening: bool,
}

/// A key that was released in the user's stead.
struct Released {
    code: Keycode,
    holders: Vec<DeviceId>,
}

/// The state of the keyboard at one moment.
pub(super) struct Look {
    keys: KeyBits,
    state: GetStateReply,
}

impl Look {
    /// One round trip.
    pub(super) fn take(display: &Display) -> Result<Self, Broken> {
        let keys = display.conn.query_keymap()?;
        let state = display.conn.xkb_get_state(xkb::ID::USE_CORE_KBD.into())?;
        Ok(Self { keys: keys.reply()?.keys, state: state.reply()? })
    }

    /// The layout group in force, from 0.
    pub(super) fn group(&self) -> u8 {
        self.state.group.into()
    }

    fn is_down(&self, code: Keycode) -> bool {
        is_down(&self.keys, code)
    }

    fn has_latch(&self) -> bool {
        mask_bits(self.state.latched_mods) != 0 || self.state.latched_group != 0
    }

    /// The locks that change what people write; Num Lock does not.
    fn locks(&self, keyboard: &Keyboard) -> u8 {
        mask_bits(self.state.locked_mods) & !mask_bits(keyboard.num_lock)
    }
}

impl HeldKeys {
    /// Waits until the hotkey's `main_key` and all modifiers are up; modifiers that are still down after `wait` are
    /// released, and locks are switched off. Without anything held this is one round trip. `None` when `go_on` said
    /// no while waiting.
    pub(super) fn clear_the_way(
        &mut self,
        display: &Display,
        keys: &mut Keys,
        keyboard: &Keyboard,
        main_key: Option<Keycode>,
        wait: Duration,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Look>, Broken> {
        let start = Instant::now();
        loop {
            let look = Look::take(display)?;
            let held: Vec<Keycode> = keyboard.modifiers.iter().copied().filter(|&code| look.is_down(code)).collect();
            // While the main key is down, the grab that belongs to it takes everything that is typed.
            let main_key_down = main_key.is_some_and(|code| look.is_down(code));
            if !main_key_down && (held.is_empty() || start.elapsed() >= wait) {
                let locks = look.locks(keyboard);
                if held.is_empty() && locks == 0 && !look.has_latch() {
                    return Ok(Some(look));
                }
                self.release(display, keys, &held)?;
                self.unlock(display, locks)?;
                return Ok(Some(Look::take(display)?));
            }
            if !go_on() {
                return Ok(None);
            }
            std::thread::sleep(LOOK_EVERY);
        }
    }

    /// Takes an event that may tell of a key that went up.
    pub(super) fn event(&mut self, event: &Event) {
        if let Event::XinputRawKeyRelease(raw) = event
            && let Ok(code) = Keycode::try_from(raw.detail)
        {
            *self.seen_releases.entry((raw.sourceid, code)).or_default() += 1;
        }
    }

    /// Presses again what the user still holds, and switches locks on again; `next_events` hands over the events that
    /// came meanwhile.
    pub(super) fn restore(
        &mut self,
        display: &Display,
        keys: &mut Keys,
        mut next_events: impl FnMut(&Display, &mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        if self.unlocked != 0 {
            set_locks(display, self.unlocked, self.unlocked)?;
            self.unlocked = 0;
        }
        if !self.listening {
            return Ok(());
        }
        let released = std::mem::take(&mut self.released);
        let down = keys_down_by_device(display)?;
        next_events(display, self)?;
        let mut pressed = Vec::new();
        for Released { code, holders } in released {
            for device in holders {
                // A real keyboard knows whether its key is down. The XTEST keyboard was made to forget it.
                let knows = down.iter().find(|(id, _)| *id == device).is_some_and(|(_, bits)| is_down(bits, code));
                if (knows || device == keys.device) && !self.user_let_go(keys, device, code) {
                    keys.press_again_on(display, device, code)?;
                    pressed.push((device, code));
                }
            }
        }
        display.sync()?;
        next_events(display, self)?;
        for (device, code) in pressed {
            // Let go between the look and the press: then nobody else would ever release the key.
            if self.user_let_go(keys, device, code) {
                keys.release_on(display, device, code)?;
            }
        }
        self.listen(display, false)
    }

    fn user_let_go(&self, keys: &Keys, device: DeviceId, code: Keycode) -> bool {
        let seen = self.seen_releases.get(&(device, code)).copied().unwrap_or(0);
        seen > keys.releases(device, code)
    }

    fn release(&mut self, display: &Display, keys: &mut Keys, held: &[Keycode]) -> Result<(), Broken> {
        if held.is_empty() {
            return Ok(());
        }
        if !self.listening {
            keys.forget_releases();
            self.listen(display, true)?;
        }
        let down = keys_down_by_device(display)?;
        for &code in held {
            let holders: Vec<DeviceId> =
                down.iter().filter(|(_, bits)| is_down(bits, code)).map(|(device, _)| *device).collect();
            keys.release(display, code)?;
            match self.released.iter_mut().find(|released| released.code == code) {
                Some(released) => released.holders = holders,
                None => self.released.push(Released { code, holders }),
            }
        }
        Ok(())
    }

    fn unlock(&mut self, display: &Display, locks: u8) -> Result<(), Broken> {
        self.unlocked |= locks;
        set_locks(display, locks, 0)
    }

    /// Asks to be told of keys that go up, on whichever keyboard, or to be told no more.
    fn listen(&mut self, display: &Display, on: bool) -> Result<(), Broken> {
        let mask = if on { XIEventMask::RAW_KEY_RELEASE } else { XIEventMask::from(0u32) };
        let all_masters: bool = Device::ALL_MASTER.into();
        let masks = [EventMask { deviceid: u16::from(all_masters), mask: vec![mask] }];
        display.conn.xinput_xi_select_events(display.root, &masks)?;
        display.conn.flush()?;
        self.seen_releases.clear();
        self.listening = on;
        Ok(())
    }
}

/// Sets the locks in `affected` to those in `on`, and ends all latches.
fn set_locks(display: &Display, affected: u8, on: u8) -> Result<(), Broken> {
    let (affected, on) = (ModMask::from(affected), ModMask::from(on));
    let (core, first_group) = (xkb::ID::USE_CORE_KBD.into(), xkb::Group::M1);
    let every_modifier = ModMask::from(0xffu8);
    display.conn.xkb_latch_lock_state(core, affected, on, false, first_group, every_modifier, true, 0)?;
    display.conn.flush()?;
    Ok(())
}

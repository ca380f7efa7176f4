//! Sends single keys through the XTEST extension.

use std::collections::HashMap;

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xinput::{self, ConnectionExt as _, Device, DeviceType, InputStateData, XIDeviceInfo};
use x11rb::protocol::xproto::{KEY_PRESS_EVENT, KEY_RELEASE_EVENT, Keycode};
use x11rb::protocol::xtest::ConnectionExt as _;

use super::display::{Broken, Display};
use super::keyboard::Press;

/// The id of an input device of the display.
pub(super) type DeviceId = u16;

/// The keys of one device that are down, one bit a key code.
pub(super) type KeyBits = [u8; 32];

/// Presses and releases keys on one display.
pub(super) struct Keys {
    /// The keyboard that what XTEST sends comes from.
    pub(super) device: DeviceId,
    first_device_event: u8,
    releases: HashMap<(DeviceId, Keycode), u32>,
}

impl Keys {
    /// Finds the XTEST keyboard.
    pub(super) fn find(display: &Display) -> Result<Option<Self>, Broken> {
        let Some(input) = display.conn.extension_information(xinput::X11_EXTENSION_NAME)? else { return Ok(None) };
        display.conn.xinput_xi_query_version(2, 2)?.reply()?;
        let is_xtest = |device: &&XIDeviceInfo| device.name.ends_with(b"XTEST keyboard");
        let device = keyboards(display)?.iter().find(is_xtest).map(|device| device.deviceid);
        Ok(device.map(|device| Self { device, first_device_event: input.first_event, releases: HashMap::new() }))
    }

    /// Presses `code`.
    pub(super) fn press(&self, display: &Display, code: Keycode) -> Result<(), Broken> {
        fake(display, KEY_PRESS_EVENT, code, 0)
    }

    /// Releases `code`.
    pub(super) fn release(&mut self, display: &Display, code: Keycode) -> Result<(), Broken> {
        self.count_release(self.device, code);
        fake(display, KEY_RELEASE_EVENT, code, 0)
    }

    /// Presses and releases `press`, with what belongs to it, and hands it to the display at once.
    pub(super) fn tap(
        &mut self,
        display: &Display,
        press: Press,
        shift: Option<Keycode>,
        level3: Option<Keycode>,
    ) -> Result<(), Broken> {
        let shift = shift.filter(|_| press.shift);
        let level3 = level3.filter(|_| press.level3);
        for code in shift.into_iter().chain(level3) {
            self.press(display, code)?;
        }
        self.press(display, press.code)?;
        self.release(display, press.code)?;
        for code in level3.into_iter().chain(shift) {
            self.release(display, code)?;
        }
        display.conn.flush()?;
        Ok(())
    }

    /// Presses `code` on `device` as if that device had sent it. A device that believes the key to be down already
    /// is told first that it went up.
    pub(super) fn press_again_on(&mut self, display: &Display, device: DeviceId, code: Keycode) -> Result<(), Broken> {
        self.release_on(display, device, code)?;
        fake(display, self.first_device_event + xinput::DEVICE_KEY_PRESS_EVENT, code, device as u8)
    }

    /// Releases `code` on `device` as if that device had sent it.
    pub(super) fn release_on(&mut self, display: &Display, device: DeviceId, code: Keycode) -> Result<(), Broken> {
        self.count_release(device, code);
        fake(display, self.first_device_event + xinput::DEVICE_KEY_RELEASE_EVENT, code, device as u8)
    }

    /// How often `code` was released on `device` by this program.
    pub(super) fn releases(&self, device: DeviceId, code: Keycode) -> u32 {
        self.releases.get(&(device, code)).copied().unwrap_or(0)
    }

    /// Starts counting releases from 0.
    pub(super) fn forget_releases(&mut self) {
        self.releases.clear();
    }

    fn count_release(&mut self, device: DeviceId, code: Keycode) {
        *self.releases.entry((device, code)).or_default() += 1;
    }
}

fn fake(display: &Display, kind: u8, code: Keycode, device: u8) -> Result<(), Broken> {
    display.conn.xtest_fake_input(kind, code, x11rb::CURRENT_TIME, x11rb::NONE, 0, 0, device)?;
    Ok(())
}

/// The keyboards that feed the core keyboard: real ones and the XTEST one.
fn keyboards(display: &Display) -> Result<Vec<XIDeviceInfo>, Broken> {
    let all: bool = Device::ALL.into();
    let devices = display.conn.xinput_xi_query_device(u16::from(all))?.reply()?.infos;
    Ok(devices.into_iter().filter(|device| device.type_ == DeviceType::SLAVE_KEYBOARD && device.enabled).collect())
}

/// Which keys each keyboard has down.
pub(super) fn keys_down_by_device(display: &Display) -> Result<Vec<(DeviceId, KeyBits)>, Broken> {
    let ids = keyboards(display)?.into_iter().filter_map(|device| u8::try_from(device.deviceid).ok());
    let asked =
        ids.map(|id| Ok((id, display.conn.xinput_query_device_state(id)?))).collect::<Result<Vec<_>, Broken>>()?;
    let mut down = Vec::new();
    for (id, cookie) in asked {
        // A keyboard that was unplugged meanwhile answers with an error and holds nothing.
        let Ok(state) = cookie.reply() else { continue };
        let keys = state.classes.into_iter().find_map(|class| match class.data {
            InputStateData::Key(key) => Some(key.keys),
            _ => None,
        });
        down.extend(keys.map(|keys| (DeviceId::from(id), keys)));
    }
    Ok(down)
}

/// Whether `code` is down in `bits`.
pub(super) fn is_down(bits: &KeyBits, code: Keycode) -> bool {
    bits[usize::from(code / 8)] >> (code % 8) & 1 == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_bits_are_counted_from_the_lowest() {
        let mut bits = [0; 32];
        bits[4] = 0b0010_0000;
        assert!(is_down(&bits, 37));
        assert!(!is_down(&bits, 36));
        assert!(!is_down(&bits, 255));
    }
}

//! Hands on the keyboard.

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::xinput::{self, ConnectionExt as _};
use x11rb::protocol::xkb::{self, ConnectionExt as _, MapPart};
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus, KEY_PRESS_EVENT, KEY_RELEASE_EVENT, ModMask};
use x11rb::protocol::xtest::ConnectionExt as _;
use x11rb::rust_connection::RustConnection;

pub(crate) const CONTROL: u8 = 37;
pub(crate) const ALT: u8 = 64;
pub(crate) const SHIFT: u8 = 50;
pub(crate) const RIGHT_SHIFT: u8 = 62;
pub(crate) const CAPS_LOCK: u8 = 66;
pub(crate) const NUM_LOCK: u8 = 77;
pub(crate) const SPACE: u8 = 65;
pub(crate) const D: u8 = 40;

/// Which keyboard the hands are on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Board {
    /// The one that programs such as xdotool share with Tawk.
    Xtest,
    /// The one that stands on the table.
    Physical,
}

/// A key's types, group information, width and symbols.
pub(crate) type KeyMeaning = ([u8; 4], u8, u8, Vec<u32>);

/// Presses keys, and looks at what the display believes to be down.
pub(crate) struct Hands {
    pub(crate) conn: RustConnection,
    pub(crate) root: u32,
    first_device_event: u8,
    physical: u8,
}

impl Hands {
    pub(crate) fn new() -> Self {
        let (conn, screen) = RustConnection::connect(None).unwrap();
        let root = conn.setup().roots[screen].root;
        let input = conn.extension_information(xinput::X11_EXTENSION_NAME).unwrap().unwrap();
        conn.xinput_xi_query_version(2, 2).unwrap().reply().unwrap();
        conn.xkb_use_extension(1, 0).unwrap().reply().unwrap();
        let devices = conn.xinput_xi_query_device(0u16).unwrap().reply().unwrap().infos;
        let physical = devices
            .iter()
            .filter(|device| device.type_ == xinput::DeviceType::SLAVE_KEYBOARD)
            .find(|device| !device.name.ends_with(b"XTEST keyboard"));
        let physical = physical.expect("Xvfb has a keyboard").deviceid as u8;
        let hands = Self { conn, root, first_device_event: input.first_event, physical };
        hands.tidy_up();
        hands
    }

    /// Undoes what a test that failed may have left.
    fn tidy_up(&self) {
        for code in self.down() {
            self.release(Board::Physical, code);
            self.release(Board::Xtest, code);
        }
        let pointer_root = InputFocus::POINTER_ROOT;
        self.conn.set_input_focus(pointer_root, u32::from(pointer_root), 0u32).unwrap().check().unwrap();
    }

    pub(crate) fn press(&self, board: Board, code: u8) {
        let (kind, device) = match board {
            Board::Xtest => (KEY_PRESS_EVENT, 0),
            Board::Physical => (self.first_device_event + xinput::DEVICE_KEY_PRESS_EVENT, self.physical),
        };
        self.fake(kind, code, device);
    }

    pub(crate) fn release(&self, board: Board, code: u8) {
        let (kind, device) = match board {
            Board::Xtest => (KEY_RELEASE_EVENT, 0),
            Board::Physical => (self.first_device_event + xinput::DEVICE_KEY_RELEASE_EVENT, self.physical),
        };
        self.fake(kind, code, device);
    }

    pub(crate) fn tap(&self, code: u8) {
        self.press(Board::Physical, code);
        self.release(Board::Physical, code);
    }

    /// The key codes that are down.
    pub(crate) fn down(&self) -> Vec<u8> {
        let keys = self.conn.query_keymap().unwrap().reply().unwrap().keys;
        (0..=255u8).filter(|code| keys[usize::from(code / 8)] >> (code % 8) & 1 == 1).collect()
    }

    /// The modifiers in force, and among them those that are locked.
    pub(crate) fn modifiers(&self) -> (ModMask, ModMask) {
        let state = self.conn.xkb_get_state(xkb::ID::USE_CORE_KBD.into()).unwrap().reply().unwrap();
        (state.mods, state.locked_mods)
    }

    pub(crate) fn caps_lock_is_on(&self) -> bool {
        self.modifiers().1.contains(ModMask::LOCK)
    }

    /// What each key means, and the number of its actions.
    pub(crate) fn layout(&self) -> (Vec<KeyMeaning>, Vec<u8>) {
        let parts = MapPart::KEY_SYMS | MapPart::KEY_ACTIONS;
        let none = MapPart::from(0u16);
        let core = xkb::ID::USE_CORE_KBD.into();
        let map = self.conn.xkb_get_map(core, parts, none, 0, 0, 0, 0, 0, 0, 0, 0, 0u16.into(), 0, 0, 0, 0, 0, 0);
        let map = map.unwrap().reply().unwrap().map;
        let keys = map.syms_rtrn.unwrap().into_iter();
        let keys = keys.map(|key| (key.kt_index, key.group_info, key.width, key.syms)).collect();
        (keys, map.key_actions.unwrap().acts_rtrn_count)
    }

    fn fake(&self, kind: u8, code: u8, device: u8) {
        self.conn.xtest_fake_input(kind, code, 0, 0, 0, 0, device).unwrap().check().unwrap();
    }
}

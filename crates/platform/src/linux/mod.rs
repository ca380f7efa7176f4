//! Linux with X11: every port over its own connection to the display.

mod accessibility;
mod aim;
mod bus;
pub(crate) mod display;
mod fields;
mod held_keys;
mod key_position;
mod keyboard;
mod keys;
mod picture;
mod raw_keys;
mod settling;
mod spare_keys;
mod taste;
mod typing_turn;
mod watcher;

pub(crate) mod backups;
pub(crate) mod desk;
mod desk_bus;
pub(crate) mod focus;
pub(crate) mod fonts;
pub(crate) mod hotkeys;
pub(crate) mod installation;
pub(crate) mod leavings;
pub(crate) mod login_items;
pub(crate) mod memory;
pub(crate) mod notifications;
pub(crate) mod panel;
pub mod peer;
pub(crate) mod permissions;
pub(crate) mod recorder;
pub(crate) mod silent_buses;
pub(crate) mod transport;
pub(crate) mod typist;
pub(crate) mod wakefulness;

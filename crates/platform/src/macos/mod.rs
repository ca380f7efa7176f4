//! macOS 13 and later.
//!
//! `insertion`, `keycodes` and `relay` call nothing of macOS, so that their tests run on every system.
//! Everything else here turns one wish into one system call.

mod carbon;
pub(crate) mod desk;
pub(crate) mod focus;
pub(crate) mod hotkeys;
mod insertion;
mod keycodes;
mod main_thread;
pub mod peer;
pub(crate) mod permissions;
mod relay;
pub(crate) mod typist;

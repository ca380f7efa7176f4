//! Linux: X11.

pub(crate) mod desk;
pub(crate) mod focus;
pub(crate) mod hotkeys;
pub mod peer;
pub(crate) mod permissions;
pub(crate) mod typist;

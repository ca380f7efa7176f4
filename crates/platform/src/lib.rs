//! Tawk touches the machine here.
//!
//! Each port of `tawk_core::ports` has one file per system under `linux`, `macos` and `fake`, with the same
//! name and the same constructor. Microphones, sounds and the clipboard come from libraries that hide the
//! system, so they exist once.

mod clipboard;
mod loudspeaker;
mod microphones;
mod sounds;

#[cfg(target_os = "linux")]
mod linux;
#[cfg(target_os = "linux")]
use linux as system;

#[cfg(target_os = "macos")]
mod macos;
#[cfg(target_os = "macos")]
use macos as system;

/// What in `macos` calls nothing of macOS is tested on every system.
#[cfg(all(test, not(target_os = "macos")))]
#[path = "macos"]
mod macos_plain {
    mod addressee;
    mod insertion;
    mod keycodes;
    mod modifier_flags;
    mod relay;
}

pub mod fake;

pub use system::display::limitation;
pub use system::leavings::leavings;
pub use system::memory::peak_memory;
pub use system::peer;
pub use system::silent_buses::around_silent_buses;

use std::sync::Arc;

use tawk_core::ports::{
    Backups, Clipboard, Desk, Focus, Fonts, Hotkeys, Installation, LoginItems, Loudspeakers, Microphones,
    Notifications, Panel, Permissions, Sounds, Typists, Wakefulness,
};

/// Everything that Tawk needs of a machine. Clones share it. Making one touches nothing: the display, the
/// sound server and the rest are opened at first use, so that a machine without them can still do the other things.
#[derive(Clone)]
pub struct Platform {
    /// Microphones to listen to.
    pub microphones: Arc<dyn Microphones>,
    /// Hotkeys to wait for.
    pub hotkeys: Arc<dyn Hotkeys>,
    /// Typists to type with.
    pub typists: Arc<dyn Typists>,
    /// Who has the keyboard.
    pub focus: Arc<dyn Focus>,
    /// What the system allows.
    pub permissions: Arc<dyn Permissions>,
    /// The clipboard.
    pub clipboard: Arc<dyn Clipboard>,
    /// Sounds.
    pub sounds: Arc<dyn Sounds>,
    /// What recordings are played through.
    pub loudspeakers: Arc<dyn Loudspeakers>,
    /// Notifications.
    pub notifications: Arc<dyn Notifications>,
    /// Lock, sleep, logout.
    pub desk: Arc<dyn Desk>,
    /// Starting at login.
    pub login_items: Arc<dyn LoginItems>,
    /// What is left out of backups.
    pub backups: Arc<dyn Backups>,
    /// Where Tawk was started from.
    pub installation: Arc<dyn Installation>,
    /// The panel that shows what a dictation does.
    pub panel: Arc<dyn Panel>,
    /// The fonts that it is drawn with.
    pub fonts: Arc<dyn Fonts>,
    /// No sleep while the user dictates.
    pub wakefulness: Arc<dyn Wakefulness>,
}

/// The hotkey of those who have chosen none, as it is written in the settings.
pub fn default_hotkey() -> &'static str {
    system::hotkeys::DEFAULT
}

/// The characters of a keystroke where the settings name no number.
pub fn usual_units() -> u32 {
    system::typist::USUAL_UNITS
}

/// The machine that this program runs on.
pub fn native() -> Platform {
    Platform {
        microphones: Arc::new(microphones::CpalMicrophones::new()),
        hotkeys: Arc::new(system::hotkeys::SystemHotkeys::new()),
        typists: Arc::new(system::typist::SystemTypists::new()),
        focus: Arc::new(system::focus::SystemFocus::new()),
        permissions: Arc::new(system::permissions::SystemPermissions::new()),
        clipboard: Arc::new(clipboard::SystemClipboard::new()),
        sounds: Arc::new(sounds::CpalSounds::new()),
        loudspeakers: Arc::new(loudspeaker::CpalLoudspeakers),
        notifications: Arc::new(system::notifications::SystemNotifications::new()),
        desk: Arc::new(system::desk::SystemDesk::new()),
        login_items: Arc::new(system::login_items::SystemLoginItems::new()),
        backups: Arc::new(system::backups::SystemBackups::new()),
        installation: Arc::new(system::installation::SystemInstallation::new()),
        panel: Arc::new(system::panel::SystemPanel::new()),
        fonts: Arc::new(system::fonts::SystemFonts::new()),
        wakefulness: Arc::new(system::wakefulness::SystemWakefulness::new()),
    }
}

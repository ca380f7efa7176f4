//! A machine made of memory: it records what it is asked to do and does what a test tells it to.
//!
//! Each part is a handle whose clones share one state. The same handle is the port and the test's end of it:
//!
//! ```
//! use tawk_core::keystroke::Keystroke;
//! use tawk_core::ports::TypingStyle;
//!
//! let (platform, machine) = tawk_platform::fake::Fake::new();
//! let mut typist = platform.typists.open()?;
//! typist.type_strokes(&[Keystroke::Text("Good morning.".into())], &TypingStyle::default(), &mut || true)?;
//! assert_eq!(machine.typists.text(), "Good morning.");
//! # Ok::<(), tawk_core::Error>(())
//! ```

pub mod backups;
pub mod clipboard;
pub mod desk;
pub mod focus;
pub mod fonts;
pub mod hotkeys;
pub mod installation;
pub mod login_items;
pub mod loudspeakers;
pub mod microphones;
pub mod notifications;
pub mod panel;
pub mod permissions;
pub mod sounds;
pub mod typist;
pub mod wakefulness;

mod listeners;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::Platform;

/// Makes fake machines.
pub struct Fake;

/// The test's ends of a fake machine.
#[derive(Clone, Default)]
pub struct FakeHandles {
    /// Microphones: connect, feed, unplug.
    pub microphones: microphones::FakeMicrophones,
    /// Hotkeys: press, release, take.
    pub hotkeys: hotkeys::FakeHotkeys,
    /// What was typed.
    pub typists: typist::FakeTypists,
    /// Who has the keyboard.
    pub focus: focus::FakeFocus,
    /// What the system allows.
    pub permissions: permissions::FakePermissions,
    /// What is on the clipboard.
    pub clipboard: clipboard::FakeClipboard,
    /// What was played.
    pub sounds: sounds::FakeSounds,
    /// What recordings are played through.
    pub loudspeakers: loudspeakers::FakeLoudspeakers,
    /// What the user was told.
    pub notifications: notifications::FakeNotifications,
    /// Lock, sleep, logout.
    pub desk: desk::FakeDesk,
    /// Starting at login.
    pub login_items: login_items::FakeLoginItems,
    /// What is left out of backups.
    pub backups: backups::FakeBackups,
    /// Where Tawk was started from.
    pub installation: installation::FakeInstallation,
    /// The panel that shows what a dictation does.
    pub panel: panel::FakePanel,
    /// The fonts that it is drawn with.
    pub fonts: fonts::FakeFonts,
    /// Who keeps the machine awake.
    pub wakefulness: wakefulness::FakeWakefulness,
}

impl Fake {
    /// A machine with one microphone, `fake:microphone` (48 kHz mono, the default), that hears nothing until it
    /// is fed; a window "Editor" (id 1) that has the focus; and every permission.
    #[expect(clippy::new_ret_no_self, reason = "the machine is the pair")]
    pub fn new() -> (Platform, FakeHandles) {
        let handles = FakeHandles::default();
        let platform = Platform {
            microphones: Arc::new(handles.microphones.clone()),
            hotkeys: Arc::new(handles.hotkeys.clone()),
            typists: Arc::new(handles.typists.clone()),
            focus: Arc::new(handles.focus.clone()),
            permissions: Arc::new(handles.permissions.clone()),
            clipboard: Arc::new(handles.clipboard.clone()),
            sounds: Arc::new(handles.sounds.clone()),
            loudspeakers: Arc::new(handles.loudspeakers.clone()),
            notifications: Arc::new(handles.notifications.clone()),
            desk: Arc::new(handles.desk.clone()),
            login_items: Arc::new(handles.login_items.clone()),
            backups: Arc::new(handles.backups.clone()),
            installation: Arc::new(handles.installation.clone()),
            panel: Arc::new(handles.panel.clone()),
            fonts: Arc::new(handles.fonts.clone()),
            wakefulness: Arc::new(handles.wakefulness.clone()),
        };
        (platform, handles)
    }
}

/// A test that panicked with the lock held has failed already; the others go on.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

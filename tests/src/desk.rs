//! The virtual desk: a display, microphones, a loudspeaker, a tray, in a home of its own.

use crate::accessibility::Accessibility;
use crate::display::{self, Display};
use crate::home::Home;
use crate::logind::Logind;
use crate::programs;
use crate::sound::Sound;
use crate::tray::Tray;

/// Everything that Tawk needs around it on Linux, without hardware. Dropping it ends all of it.
pub struct Desk {
    /// The tray.
    pub tray: Tray,
    /// Microphones and loudspeaker.
    pub sound: Sound,
    /// The screen.
    pub display: Display,
    /// Folders and environment.
    pub home: Home,
}

impl Desk {
    /// Programs without which there is no desk.
    pub const PROGRAMS: [&'static str; 12] = [
        "Xvfb",
        "openbox",
        "xdotool",
        "xprop",
        "dbus-daemon",
        "pulseaudio",
        "pactl",
        "parec",
        "xterm",
        "chromium",
        "sox",
        "strace",
    ];

    /// Sets the desk up.
    ///
    /// # Panics
    /// With a sentence, when a program is missing or does not start.
    #[track_caller]
    pub fn start() -> Self {
        programs::need(&Self::PROGRAMS);
        let mut home = Home::new();
        // No accessibility bus, no desktop settings, no GPU: nothing of the real desktop.
        Accessibility::hide(&mut home);
        for (variable, value) in [
            ("GSETTINGS_BACKEND", "memory"),
            ("GIO_USE_VFS", "local"),
            ("GDK_BACKEND", "x11"),
            ("LIBGL_ALWAYS_SOFTWARE", "1"),
            ("XDG_SESSION_TYPE", "x11"),
        ] {
            home.set(variable, value);
        }
        let display = Display::start(&mut home);
        let tray = Tray::start(&mut home);
        let sound = Sound::start(&mut home);
        Self { tray, sound, display, home }
    }

    /// Programs that are started from now on see the buses of the desk again, and none for accessibility.
    pub fn name_usual_buses(&mut self) {
        self.tray.name_bus(&mut self.home);
        Logind::forget(&mut self.home);
        Accessibility::hide(&mut self.home);
    }

    /// Saves a picture of the screen for whoever looks into a failure.
    pub fn screenshot(&self, name: &str) -> Option<String> {
        display::screenshot(&self.home, name)
    }

    /// Whether a visible window has exactly this title.
    pub fn has_window(&self, title: &str) -> bool {
        display::find_window(&self.home, title).is_some()
    }

    /// Whether the window with exactly this title has the keyboard.
    pub fn has_keyboard(&self, title: &str) -> bool {
        display::find_window(&self.home, title).is_some_and(|window| display::is_active(&self.home, &window))
    }
}

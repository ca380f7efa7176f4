//! What is on the screen, and who has the focus: looked at over a connection of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use x11rb::connection::Connection as _;
use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, ImageFormat, MapState, Window};
use x11rb::rust_connection::RustConnection;

use crate::home::Home;

/// A connection to the desk's display.
pub struct Screen {
    conn: RustConnection,
    root: Window,
}

/// A visible window's place and pixels.
pub struct Shot {
    /// Distance of its left edge from the screen's, in pixels.
    pub x: i32,
    /// Distance of its upper edge from the screen's, in pixels.
    pub y: i32,
    /// In pixels.
    pub width: u16,
    /// In pixels.
    pub height: u16,
    /// Red, green and blue, row by row.
    pub pixels: Vec<[u8; 3]>,
}

impl Screen {
    /// Connects.
    #[track_caller]
    pub fn open(home: &Home) -> Self {
        let (conn, screen) = RustConnection::connect(home.variable("DISPLAY")).expect("The display can be reached.");
        let root = conn.setup().roots[screen].root;
        Self { conn, root }
    }

    /// The visible window below the root with exactly this name, which no window manager has.
    pub fn unmanaged(&self, name: &str) -> Option<Window> {
        let children = self.conn.query_tree(self.root).ok()?.reply().ok()?.children;
        children.into_iter().rev().find(|&window| {
            let named = self.conn.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::STRING, 0, 99);
            let is_named = named.is_ok_and(|cookie| cookie.reply().is_ok_and(|reply| reply.value == name.as_bytes()));
            let shown = self.conn.get_window_attributes(window);
            is_named && shown.is_ok_and(|cookie| cookie.reply().is_ok_and(|a| a.map_state == MapState::VIEWABLE))
        })
    }

    /// The whole screen, with all windows.
    #[track_caller]
    pub fn whole(&self) -> Shot {
        self.take(self.root).expect("The screen can be read.")
    }

    /// What such a window shows; `None` when there is none.
    pub fn shot(&self, name: &str) -> Option<Shot> {
        self.take(self.unmanaged(name)?)
    }

    fn take(&self, window: Window) -> Option<Shot> {
        let place = self.conn.get_geometry(window).ok()?.reply().ok()?;
        let (width, height) = (place.width, place.height);
        let image = self.conn.get_image(ImageFormat::Z_PIXMAP, window, 0, 0, width, height, !0).ok()?.reply().ok()?;
        // Xvfb's pixels are 32 bits, the lowest byte first.
        let pixels = image.data.chunks_exact(4).map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        Some(Shot { x: place.x.into(), y: place.y.into(), width, height, pixels })
    }

    /// The window that has the focus, as the display says.
    #[track_caller]
    pub fn focus(&self) -> Window {
        let cookie = self.conn.get_input_focus().expect("The display takes requests.");
        cookie.reply().expect("The display answers.").focus
    }

    /// Looks at the focus all the time, every 2 ms, until the answer is asked for its result.
    #[track_caller]
    pub fn watch_focus(home: &Home) -> FocusWatch {
        let screen = Self::open(home);
        let ends = Arc::new(AtomicBool::new(false));
        let theirs = Arc::clone(&ends);
        let watcher = thread::spawn(move || {
            let mut seen = vec![screen.focus()];
            while !theirs.load(Ordering::Relaxed) {
                thread::sleep(Duration::from_millis(2));
                let now = screen.focus();
                if seen.last() != Some(&now) {
                    seen.push(now);
                }
            }
            seen
        });
        FocusWatch { ends, watcher }
    }
}

/// A running look at the focus.
pub struct FocusWatch {
    ends: Arc<AtomicBool>,
    watcher: JoinHandle<Vec<Window>>,
}

impl FocusWatch {
    /// Every window that had the focus since the start, in turn.
    #[track_caller]
    pub fn seen(self) -> Vec<Window> {
        self.ends.store(true, Ordering::Relaxed);
        self.watcher.join().expect("The display was there all the time.")
    }
}

//! A window that reads what is typed.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use x11rb::protocol::xproto::{AtomEnum, ConnectionExt as _, InputFocus, MapState};

use crate::hands::Hands;

const PROGRAM: &str = r#"
import gi, os, sys
gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk
out, last = sys.argv[1], None
window = Gtk.Window(title=sys.argv[2])
view = Gtk.TextView()
window.add(view)
window.show_all()
view.grab_focus()
buffer = view.get_buffer()
def tick():
    global last
    text = buffer.get_text(buffer.get_start_iter(), buffer.get_end_iter(), True)
    if text != last:
        last = text
        with open(out + ".new", "w") as file:
            file.write(text)
        os.rename(out + ".new", out)
    return True
GLib.timeout_add(50, tick)
Gtk.main()
"#;

const PYTHON: &str = "/usr/bin/python3";
const PATIENCE: Duration = Duration::from_secs(30);

/// A GTK text view in a window of its own, which has the focus.
pub(crate) struct Receiver {
    process: Child,
    folder: PathBuf,
    pub(crate) window: u32,
}

impl Receiver {
    /// Opens the window; `None`, with a line that says so, if GTK 3 for Python is not installed.
    pub(crate) fn open(hands: &Hands, title: &str) -> Option<Self> {
        let import = "import gi; gi.require_version('Gtk', '3.0'); from gi.repository import Gtk";
        let probe = Command::new(PYTHON).args(["-c", import]).stderr(Stdio::null()).status();
        if !probe.is_ok_and(|status| status.success()) {
            eprintln!("skipped: GTK 3 for Python is not installed");
            return None;
        }
        let folder = std::env::temp_dir().join(format!("tawk-x11-{}-{title}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let mut command = Command::new(PYTHON);
        command.args(["-c", PROGRAM]).arg(folder.join("text")).arg(title).stderr(Stdio::null());
        let process = command.spawn().unwrap();
        let mut receiver = Self { process, folder, window: 0 };
        receiver.window = wait_for(|| find_window(hands, title)).expect("the window appears");
        hands.conn.set_input_focus(InputFocus::PARENT, receiver.window, 0u32).unwrap().check().unwrap();
        wait_for(|| receiver.text()).expect("the window is ready");
        Some(receiver)
    }

    /// The text so far.
    pub(crate) fn text(&self) -> Option<String> {
        std::fs::read_to_string(self.folder.join("text")).ok()
    }

    /// Waits for `text` to be there, and fails with what is there instead.
    #[track_caller]
    pub(crate) fn expect(&self, text: &str) {
        wait_for(|| (self.text().as_deref() == Some(text)).then_some(()));
        // Nothing may come after it either.
        std::thread::sleep(Duration::from_millis(150));
        let arrived = self.text().unwrap_or_default();
        if arrived != text {
            let same = arrived.chars().zip(text.chars()).take_while(|(one, other)| one == other).count();
            let around = |text: &str| text.chars().skip(same.saturating_sub(5)).take(15).collect::<String>();
            panic!("differs at character {same}: {:?} instead of {:?}", around(&arrived), around(text));
        }
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// Asks `look` until it has an answer.
pub(crate) fn wait_for<T>(mut look: impl FnMut() -> Option<T>) -> Option<T> {
    let start = Instant::now();
    loop {
        if let Some(found) = look() {
            return Some(found);
        }
        if start.elapsed() > PATIENCE {
            return None;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn find_window(hands: &Hands, title: &str) -> Option<u32> {
    let windows = hands.conn.query_tree(hands.root).unwrap().reply().ok()?.children;
    windows.into_iter().find(|&window| {
        let name = hands.conn.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::ANY, 0, 64).unwrap().reply();
        let attributes = hands.conn.get_window_attributes(window).unwrap().reply();
        name.is_ok_and(|name| name.value == title.as_bytes())
            && attributes.is_ok_and(|attributes| attributes.map_state == MapState::VIEWABLE)
    })
}

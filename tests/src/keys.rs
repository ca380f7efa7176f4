//! A hand on the keyboard.

use std::process::Command;

use crate::home::Home;
use crate::wait::pause;

/// The modifiers of Tawk's default hotkey on Linux, as xdotool calls them, and its main key.
const MODIFIERS: [&str; 2] = ["Control_L", "Alt_L"];
const MAIN: &str = "space";

/// The right Alt key, by its code: asked for it by name, xdotool holds the left one as well.
pub const RIGHT_ALT: &str = "108";

/// Keys that are held down. Dropping it lets go of them.
pub struct Held {
    display: String,
    keys: Vec<String>,
}

impl Held {
    /// Leaves the keys down; see [`let_go_of_all`].
    pub fn forget(mut self) {
        self.keys.clear();
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        for key in self.keys.drain(..).rev() {
            run(&self.display, &["keyup", &key]);
        }
    }
}

/// Holds `keys` down, in this order; letting go is in the opposite order.
pub fn hold(home: &Home, keys: &[&str]) -> Held {
    let mut held = Held { display: display(home), keys: Vec::new() };
    for key in keys {
        run(&held.display, &["keydown", key]);
        held.keys.push((*key).into());
    }
    held
}

/// Holds the hotkey down: modifiers first.
pub fn hold_hotkey(home: &Home) -> Held {
    hold(home, &[MODIFIERS[0], MODIFIERS[1], MAIN])
}

/// Presses the hotkey and lets it go at once: less than 300 ms.
pub fn tap_hotkey(home: &Home) {
    let held = hold_hotkey(home);
    pause(60);
    drop(held);
}

/// Presses keys or chords one after the other, such as `ctrl+a`.
pub fn press(home: &Home, keys: &[&str]) {
    for key in keys {
        run(&display(home), &["key", "--clearmodifiers", key]);
    }
}

/// Types plain ASCII, for checking the desk itself.
pub fn type_ascii(home: &Home, text: &str) {
    run(&display(home), &["type", "--delay", "12", text]);
}

/// Presses keys one after the other with whatever is locked or held.
pub fn press_as_is(home: &Home, keys: &[&str]) {
    for key in keys {
        run(&display(home), &["keydown", key, "keyup", key]);
    }
}

/// Clicks at this place of the screen, in pixels from its upper left corner.
pub fn click(home: &Home, x: i32, y: i32) {
    run(&display(home), &["mousemove", &x.to_string(), &y.to_string(), "click", "1"]);
}

/// Turns the pointer's wheel by a notch there.
pub fn turn_wheel(home: &Home, x: i32, y: i32) {
    run(&display(home), &["mousemove", &x.to_string(), &y.to_string(), "click", "4"]);
}

/// Lets go of every key that a failed check may have left down.
pub fn let_go_of_all(home: &Home) {
    run(
        &display(home),
        &["keyup", MAIN, "keyup", "Alt_L", "keyup", "Control_L", "keyup", "Shift_L", "keyup", RIGHT_ALT],
    );
}

fn display(home: &Home) -> String {
    home.variable("DISPLAY").unwrap_or_default().into()
}

fn run(display: &str, arguments: &[&str]) {
    let done = Command::new("xdotool").env("DISPLAY", display).args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("xdotool cannot be started: {error}. Run scripts/setup."));
    // On a display that has gone no key can be let go: not a reason to panic in a drop.
    if !done.status.success() {
        eprintln!("xdotool {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

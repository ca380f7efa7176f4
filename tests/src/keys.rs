//! A hand on the keyboard.

use crate::home::Home;
use crate::wait::pause;

/// The modifiers of Tawk's default hotkey on Linux, as xdotool calls them, and its main key.
const MODIFIERS: [&str; 2] = ["Control_L", "Alt_L"];
const MAIN: &str = "space";

/// Keys that are held down. Dropping it lets go of them.
pub struct Held<'a> {
    home: &'a Home,
    keys: Vec<String>,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        for key in self.keys.drain(..).rev() {
            edge(self.home, "keyup", &key);
        }
    }
}

/// Holds `keys` down, in this order; letting go is in the opposite order.
pub fn hold<'a>(home: &'a Home, keys: &[&str]) -> Held<'a> {
    let mut held = Held { home, keys: Vec::new() };
    for key in keys {
        edge(home, "keydown", key);
        held.keys.push((*key).into());
    }
    held
}

/// Holds the hotkey down: modifiers first.
pub fn hold_hotkey(home: &Home) -> Held<'_> {
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
        run(home, &["key", "--clearmodifiers", key]);
    }
}

/// Types plain ASCII, for checking the desk itself.
pub fn type_ascii(home: &Home, text: &str) {
    run(home, &["type", "--delay", "12", text]);
}

/// Lets go of every key that a failed check may have left down.
pub fn let_go_of_all(home: &Home) {
    run(home, &["keyup", MAIN, "keyup", "Alt_L", "keyup", "Control_L", "keyup", "Shift_L"]);
}

fn edge(home: &Home, edge: &str, key: &str) {
    run(home, &[edge, key]);
}

fn run(home: &Home, arguments: &[&str]) {
    let done = home.command("xdotool").args(arguments).output();
    let done = done.unwrap_or_else(|error| panic!("xdotool cannot be started: {error}. Run scripts/setup."));
    // While another test's server dies, a key cannot be let go: not a reason to panic in a drop.
    if !done.status.success() {
        eprintln!("xdotool {arguments:?}: {}", String::from_utf8_lossy(&done.stderr));
    }
}

//! What only Tauri can set and what differs between the systems: the one file here with `cfg(target_os)`.

use tauri::{App, RunEvent};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;

/// `macos` or `linux`.
pub(crate) const NAME: &str = std::env::consts::OS;

/// Whether tray icons are templates that the system colours.
pub(crate) const TEMPLATE_ICONS: bool = cfg!(target_os = "macos");

/// What Tauri makes the app of. When the event loop begins, its window library would put Tawk in front of whatever the user
/// works in, at every login too. A window that is opened comes to the front by itself.
#[cfg(target_os = "macos")]
pub(crate) fn builder() -> tauri::Builder<tauri::Wry> {
    tauri::Builder::default().activate_ignoring_other_apps(false)
}

#[cfg(not(target_os = "macos"))]
pub(crate) fn builder() -> tauri::Builder<tauri::Wry> {
    tauri::Builder::default()
}

/// No icon in the Dock, no menu bar of its own: Tawk lives among the menu bar's icons. To be called before the event loop
/// begins, which sets what is chosen by then: later, the icon would have been in the Dock for a moment.
#[cfg(target_os = "macos")]
pub(crate) fn configure(app: &mut App) {
    app.set_activation_policy(tauri::ActivationPolicy::Accessory);
}

#[cfg(not(target_os = "macos"))]
pub(crate) fn configure(_: &mut App) {}

/// Has the pages drawn by the processor. WebKitGTK would start the graphics driver for them: without a graphics card that took
/// more than a third of the time until the window was there (BENCHMARKS.md), and a fifth of the memory. Whoever has set the
/// variable keeps it. To be called before there is any other thread, which might read variables too.
#[cfg(target_os = "linux")]
pub(crate) fn prepare() {
    if let Err(error) = glib::setenv("WEBKIT_DISABLE_COMPOSITING_MODE", "1", false) {
        // Slower, but no fault.
        tracing::debug!(%error, "the web view draws as it likes");
    }
}

/// A Mac has its own ways.
#[cfg(not(target_os = "linux"))]
pub(crate) fn prepare() {}

/// Whether the user opened Tawk again in the Finder, or by a link. Whatever a link says, it only shows the window.
#[cfg(target_os = "macos")]
pub(crate) fn reopened(event: &RunEvent) -> bool {
    matches!(event, RunEvent::Reopen { .. } | RunEvent::Opened { .. })
}

#[cfg(not(target_os = "macos"))]
pub(crate) fn reopened(_: &RunEvent) -> bool {
    false
}

/// Whether there is a display. Asked before Tauri is built, since its window library panics without one.
///
/// # Errors
/// `NoDisplay`.
pub(crate) fn require_display(platform: &Platform) -> Result<()> {
    if wayland_answers() {
        return Ok(());
    }
    match platform.focus.current() {
        Err(error) if error.kind == ErrorKind::NoDisplay => Err(error),
        _ if cfg!(target_os = "linux") && !is_set("DISPLAY") => Err(Error::new(
            ErrorKind::NoDisplay,
            "There is no display to show Tawk on. Start it from your desktop, or set DISPLAY. \
             The command line works without one: see tawk --help.",
        )),
        _ => Ok(()),
    }
}

fn is_set(variable: &str) -> bool {
    std::env::var_os(variable).is_some_and(|value| !value.is_empty())
}

/// Whether a Wayland compositor takes connections; the window library prefers it to X11.
fn wayland_answers() -> bool {
    let Some(name) = std::env::var_os("WAYLAND_DISPLAY").filter(|name| !name.is_empty()) else { return false };
    let folder = std::env::var_os("XDG_RUNTIME_DIR").unwrap_or_default();
    // An absolute name replaces the folder.
    std::os::unix::net::UnixStream::connect(std::path::Path::new(&folder).join(name)).is_ok()
}

/// A hotkey as this system's users know it: the Mac's menus write `⌃⌥Space`.
pub(crate) fn hotkey_label(hotkey: &str) -> String {
    if cfg!(target_os = "macos") { mac_label(hotkey) } else { hotkey.into() }
}

fn mac_label(hotkey: &str) -> String {
    let mut label = String::new();
    let mut rest = hotkey;
    for (name, symbol) in [("Ctrl+", "⌃"), ("Alt+", "⌥"), ("Shift+", "⇧"), ("Super+", "⌘")] {
        if let Some(after) = rest.strip_prefix(name) {
            label.push_str(symbol);
            rest = after;
        }
    }
    // A modifier alone has its name on a Mac's keyboard, not its symbol only.
    let alone = [("RightAlt", "Right Option"), ("LeftAlt", "Left Option"), ("RightSuper", "Right Command")];
    let more = [("LeftSuper", "Left Command"), ("RightCtrl", "Right Control"), ("LeftCtrl", "Left Control")];
    let name = alone.into_iter().chain(more).chain([("RightShift", "Right Shift")]).find(|(name, _)| *name == rest);
    label + name.map_or(rest, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_macs_symbols() {
        assert_eq!(mac_label("Ctrl+Alt+Space"), "⌃⌥Space");
        assert_eq!(mac_label("Shift+Super+D"), "⇧⌘D");
        assert_eq!(mac_label("F13"), "F13");
        assert_eq!(mac_label("RightAlt"), "Right Option");
        assert_eq!(mac_label("Fn"), "Fn");
    }
}

//! The desk's session bus, and the tray that reads and clicks Tawk's icon and menu.

use std::time::Duration;

use serde_json::{Value, json};

use crate::bus::Bus;
use crate::dialogue::Dialogue;
use crate::home::Home;
use crate::wait::wait_until;

/// The variable by which programs find the session's bus.
pub const SESSION_BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// A session bus with a tray on it.
pub struct Tray {
    watcher: Dialogue,
    bus: Bus,
}

/// The icon as the desktop is told to draw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Icon {
    /// The icon's name or the path of its picture.
    pub icon: String,
    /// The title.
    pub title: String,
    /// The text beside the icon.
    pub label: String,
    /// The tooltip.
    pub tooltip: String,
}

/// One entry of the menu.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The labels from the top of the menu to this entry.
    pub path: Vec<String>,
    /// Whether it has a check mark or a radio dot.
    pub on: bool,
    /// Whether it can be clicked.
    pub enabled: bool,
}

impl Tray {
    /// Starts both and names the bus in `home`'s environment.
    #[track_caller]
    pub fn start(home: &mut Home) -> Self {
        let bus = Bus::start(home, "bus");
        home.set(SESSION_BUS, bus.address());
        let watcher = Dialogue::start("watcher.py", &[], &home.path(""), &|program| home.command(program));
        Self { watcher, bus }
    }

    /// Names the bus in `home`'s environment again, after another was named there.
    pub fn name_bus(&self, home: &mut Home) {
        home.set(SESSION_BUS, self.bus.address());
    }

    /// The icon that a program has put in the tray.
    #[track_caller]
    pub fn icon(&mut self) -> Option<Icon> {
        let answer = self.watcher.ask(&json!({ "do": "icon" }));
        let text = |key: &str| answer[key].as_str().unwrap_or_default().to_owned();
        answer.is_object().then(|| Icon {
            icon: text("icon"),
            title: text("title"),
            label: text("label"),
            tooltip: text("tooltip"),
        })
    }

    /// Waits for an icon of which `is` holds.
    #[track_caller]
    pub fn wait_icon(&mut self, what: &str, bound: Duration, is: impl Fn(&Icon) -> bool) -> Icon {
        let mut last = None;
        let found = crate::wait::wait(bound, || {
            last = self.icon();
            last.clone().filter(&is)
        });
        found.unwrap_or_else(|| panic!("The tray's icon did not become {what}; it is {last:?}."))
    }

    /// The entries of the menu, separators left out; empty without an icon.
    #[track_caller]
    pub fn menu(&mut self) -> Vec<Entry> {
        let answer = self.watcher.ask(&json!({ "do": "menu" }));
        answer.as_array().map(|entries| entries.iter().map(entry).collect()).unwrap_or_default()
    }

    /// The entry at `path`.
    #[track_caller]
    pub fn entry(&mut self, path: &[&str]) -> Option<Entry> {
        self.menu().into_iter().find(|entry| entry.path == path)
    }

    /// Clicks the entry at `path` once it is there.
    #[track_caller]
    pub fn click(&mut self, path: &[&str]) {
        let request = json!({ "do": "click", "path": path });
        let clicked = crate::wait::wait(Duration::from_secs(10), || (self.watcher.ask(&request) == true).then_some(()));
        if clicked.is_none() {
            let menu: Vec<_> = self.menu().into_iter().map(|entry| entry.path.join(" ▸ ")).collect();
            panic!("The menu has no entry {path:?} that can be clicked. It has:\n  {}", menu.join("\n  "));
        }
    }

    /// Waits until the entry at `path`, and none of its siblings, has a dot or check mark.
    #[track_caller]
    pub fn wait_chosen(&mut self, path: &[&str]) {
        let Some((_, parent)) = path.split_last() else { return };
        wait_until(&format!("the only mark at {path:?} in the menu"), Duration::from_secs(10), || {
            let mut siblings = self.menu();
            siblings
                .retain(|entry| entry.on && entry.path.len() == path.len() && entry.path.starts_with(&owned(parent)));
            matches!(&siblings[..], [only] if only.path == path)
        });
    }
}

fn owned(labels: &[&str]) -> Vec<String> {
    labels.iter().map(|&label| label.to_owned()).collect()
}

fn entry(value: &Value) -> Entry {
    let path = value["path"].as_array().map(Vec::as_slice).unwrap_or_default();
    Entry {
        path: path.iter().filter_map(|label| label.as_str().map(str::to_owned)).collect(),
        on: value["on"] == true,
        enabled: value["enabled"] == true,
    }
}

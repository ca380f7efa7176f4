//! The menu's lists.

use tauri::AppHandle;
use tauri::menu::{CheckMenuItem, MenuItem, Submenu};

use crate::menu::{Choice, escape};

/// The beginnings of the ids of texts to copy and to type again; the number in the history follows after `=`.
pub(super) const COPY: &str = "text";
pub(super) const AGAIN: &str = "again";

/// A submenu of which exactly one item is checked; `fixed` items follow the choices.
pub(super) struct RadioList {
    setting: &'static str,
    pub(super) submenu: Submenu<tauri::Wry>,
    items: Vec<CheckMenuItem<tauri::Wry>>,
    shown: Vec<Choice>,
}

/// A submenu with the last texts.
pub(super) struct TextList {
    /// What the items' ids begin with.
    kind: &'static str,
    pub(super) submenu: Submenu<tauri::Wry>,
    items: Vec<MenuItem<tauri::Wry>>,
    shown: Vec<(i64, String)>,
}

impl TextList {
    pub(super) fn new(app: &AppHandle, kind: &'static str, title: &str) -> tauri::Result<Self> {
        let submenu = Submenu::with_id(app, format!("{kind}s"), title, false)?;
        Ok(Self { kind, submenu, items: Vec::new(), shown: Vec::new() })
    }

    /// Changes what differs. Main thread only.
    pub(super) fn show(&mut self, app: &AppHandle, texts: &[(i64, String)], enabled: bool) -> tauri::Result<()> {
        let enabled = enabled && !texts.is_empty();
        if self.submenu.is_enabled()? != enabled {
            self.submenu.set_enabled(enabled)?;
        }
        if self.shown == texts {
            return Ok(());
        }
        for item in self.items.drain(..) {
            self.submenu.remove(&item)?;
        }
        for (id, text) in texts {
            let item = MenuItem::with_id(app, format!("{}={id}", self.kind), escape(text), true, None::<&str>)?;
            self.submenu.append(&item)?;
            self.items.push(item);
        }
        self.shown = texts.to_vec();
        Ok(())
    }
}

impl RadioList {
    /// The system checks an item that is clicked, whatever comes of the choice: next time, all are set anew.
    pub(super) fn forget(&mut self) {
        self.shown.clear();
    }

    pub(super) fn new(app: &AppHandle, id: &str, title: &str, setting: &'static str) -> tauri::Result<Self> {
        let submenu = Submenu::with_id(app, id, title, true)?;
        Ok(Self { setting, submenu, items: Vec::new(), shown: Vec::new() })
    }

    /// Changes what differs. Main thread only.
    pub(super) fn show(&mut self, app: &AppHandle, choices: &[Choice]) -> tauri::Result<()> {
        if self.shown == choices {
            return Ok(());
        }
        let same = self.items.len() == choices.len()
            && self.items.iter().zip(choices).all(|(item, choice)| item.id().as_ref() == self.id_of(choice));
        if same {
            for (item, choice) in self.items.iter().zip(choices) {
                item.set_text(escape(&choice.text))?;
                item.set_checked(choice.chosen)?;
            }
        } else {
            for item in self.items.drain(..) {
                self.submenu.remove(&item)?;
            }
            for (at, choice) in choices.iter().enumerate() {
                let text = escape(&choice.text);
                let item = CheckMenuItem::with_id(app, self.id_of(choice), text, true, choice.chosen, None::<&str>)?;
                self.submenu.insert(&item, at)?;
                self.items.push(item);
            }
        }
        self.shown = choices.to_vec();
        Ok(())
    }

    fn id_of(&self, choice: &Choice) -> String {
        format!("{}={}", self.setting, choice.value)
    }
}

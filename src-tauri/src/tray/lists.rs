//! The menu's lists.

use tauri::AppHandle;
use tauri::menu::{CheckMenuItem, MenuItem, Submenu};

use crate::menu::{Choice, escape};

/// The beginning of a text's id; its number in the history follows after `=`.
pub(super) const TEXT: &str = "text";

/// A submenu of which exactly one item is checked; `fixed` items follow the choices.
pub(super) struct RadioList {
    setting: &'static str,
    pub(super) submenu: Submenu<tauri::Wry>,
    items: Vec<CheckMenuItem<tauri::Wry>>,
    shown: Vec<Choice>,
}

/// A submenu with the last texts; each is copied when it is chosen.
pub(super) struct TextList {
    pub(super) submenu: Submenu<tauri::Wry>,
    items: Vec<MenuItem<tauri::Wry>>,
    shown: Vec<(i64, String)>,
}

impl TextList {
    pub(super) fn new(app: &AppHandle) -> tauri::Result<Self> {
        let submenu = Submenu::with_id(app, "texts", "Copy Recent Text", false)?;
        Ok(Self { submenu, items: Vec::new(), shown: Vec::new() })
    }

    /// Changes what differs. Main thread only.
    pub(super) fn show(&mut self, app: &AppHandle, texts: &[(i64, String)]) -> tauri::Result<()> {
        if self.shown == texts {
            return Ok(());
        }
        for item in self.items.drain(..) {
            self.submenu.remove(&item)?;
        }
        for (id, text) in texts {
            let item = MenuItem::with_id(app, format!("{TEXT}={id}"), escape(text), true, None::<&str>)?;
            self.submenu.append(&item)?;
            self.items.push(item);
        }
        self.submenu.set_enabled(!texts.is_empty())?;
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

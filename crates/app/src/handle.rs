//! What a face can ask of the engine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use tawk_core::hotkey::Hotkey;
use tawk_core::login_item::LoginItem;
use tawk_core::microphone::{Microphone, PreferredMicrophone};
use tawk_core::permission::{Permission, PermissionState, listening_standing};
use tawk_core::place::Place;
use tawk_core::ports::KeyEdge;
use tawk_core::session::Event;
use tawk_core::settings::{DEFAULT_HOTKEY, Problem, Settings};
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::{Erased, Recordings, SettingValue};

use crate::doctor::{self, Report};
use crate::erasing::{self, Models};
use crate::fetching::Fetching;
use crate::message::Message;
use crate::model_row::{ModelRow, model_rows};
use crate::permissions::Order;
use crate::shared::{Shared, locked};
use crate::status::{FetchState, Status};

/// A way to speak to the running engine. Clones speak to the same one. Calls return at once unless they say
/// otherwise.
#[derive(Clone)]
pub struct Handle {
    pub(crate) shared: Arc<Shared>,
}

impl Handle {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared }
    }

    /// What Tawk is doing now.
    pub fn status(&self) -> Status {
        let status = locked(&self.shared.status).clone();
        Status { field: self.shared.platform.focus.field(Duration::ZERO), ..status }
    }

    /// Has the status tell about the field that has the keyboard now; waits at most `wait` for the app that has it.
    pub(crate) fn look_at_field(&self, wait: Duration) {
        let focus = &self.shared.platform.focus;
        focus.look_at_field();
        focus.field(wait);
    }

    /// Starts a dictation, or ends the one that is being spoken.
    pub fn toggle(&self) {
        self.shared.send(Message::Event(Event::Toggle));
    }

    /// Cancels what is being heard, recognised or typed. The recording stays.
    pub fn cancel(&self) {
        self.shared.send(Message::Event(Event::Cancel));
    }

    /// Recognises and types after all what was cancelled last, into the window that has the focus now. Does nothing if
    /// [`Status::can_undo`] says so.
    pub fn undo(&self) {
        self.shared.send(Message::Event(Event::Undo));
    }

    /// Tells the user what a face could not do.
    pub fn report(&self, error: Error) {
        self.shared.send(Message::Report(error));
    }

    /// Recovers the newest dictation that a crash has cut short: its text becomes the last text. The status tells how it
    /// goes.
    pub fn recover(&self) {
        self.shared.send(Message::Recover);
    }

    /// Counts anew what can be recovered: a command may have done it. Reads the folder of recordings.
    pub(crate) fn count_recoverable(&self) {
        if let Ok(count) = Recordings::new(&self.shared.folders).count_unfinished()
            && count != std::mem::replace(&mut locked(&self.shared.status).recoverable, count)
        {
            let status = self.status();
            self.shared.listener.status_changed(&status);
        }
    }

    /// Asks the face to open its window.
    pub fn open_window(&self) {
        self.shared.send(Message::OpenWindow);
    }

    /// Keeps what is being heard and ends; the listener's `quit` follows.
    pub fn quit(&self) {
        if self.is_erased() {
            // The engine has ended already.
            self.shared.listener.quit();
        }
        self.shared.send(Message::Shutdown);
    }

    /// Ends the engine and deletes everything that Tawk has written; says what became of it. The program lives on, so that
    /// the user can read that, but dictates no more: [`Handle::quit`] ends it, and [`crate::erase_rest`] belongs after
    /// its end. Waits for what is being heard, about 3 s at most.
    ///
    /// # Errors
    /// `Internal` when the engine does not end; then nothing was deleted.
    pub fn erase(&self, models: Models) -> Result<Erased> {
        erasing::end_and_erase(self, models)
    }

    /// Whether everything was deleted, with the models or without.
    pub fn erased(&self) -> Option<Models> {
        *locked(&self.shared.erased)
    }

    /// Whether everything was deleted.
    pub(crate) fn is_erased(&self) -> bool {
        self.erased().is_some()
    }

    /// Whether the engine is about to end.
    pub(crate) fn is_ending(&self) -> bool {
        self.shared.is_ending.load(Ordering::Acquire)
    }

    /// The last dictated text, or what of it was not typed.
    pub fn last_text(&self) -> Option<String> {
        locked(&self.shared.last_text).clone()
    }

    /// Puts the last text on the clipboard.
    ///
    /// # Errors
    /// `NotFound` when there is none yet, `NoDisplay`.
    pub fn copy_last_text(&self) -> Result<()> {
        let text = self.last_text().ok_or_else(|| {
            Error::new(ErrorKind::NotFound, "Nothing has been dictated yet. Dictate something first.")
        })?;
        self.shared.platform.clipboard.set_text(&text)
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.shared.settings()
    }

    /// What in the settings file cannot be used.
    pub fn settings_problems(&self) -> Vec<Problem> {
        locked(&self.shared.file).problems().to_vec()
    }

    /// Changes a setting, named as in the file (`microphone.id`), writes it, and lets it take effect.
    ///
    /// # Errors
    /// `BadSettings` for a value that cannot be used, `HotkeyTaken`, also by the system itself, `Storage`. Then nothing has
    /// changed.
    pub fn set(&self, key: &str, value: &serde_json::Value) -> Result<()> {
        self.require_alive()?;
        let before = self.shared.settings().hotkey();
        if key == "dictation.hotkey"
            && let Some(text) = value.as_str()
        {
            // The new one is taken before the old one is let go, so that a failure changes nothing.
            let text = if text == DEFAULT_HOTKEY { tawk_platform::default_hotkey() } else { text };
            let hotkey = text.parse()?;
            // One that is in force already is kept: the user may have no other.
            if self.shared.listens_to_hotkey && hotkey != before {
                self.shared.platform.hotkeys.claimed_by_system(&hotkey).map_or(Ok(()), Err)?;
            }
            self.register(&hotkey)?;
        }
        let written = setting_value(value).and_then(|value| locked(&self.shared.file).set(key, value));
        if written.is_err() && self.shared.settings().hotkey() == before && key == "dictation.hotkey" {
            self.register(&before)?;
        }
        written?;
        self.shared.send(Message::Settings);
        // The file may have been changed by hand in the meantime, and is in force as it is now. A hotkey that cannot be
        // listened to does not undo what was set.
        if let Err(error) = self.listen_to_hotkey() {
            self.shared.send(Message::Trouble(Some(error)));
        }
        Ok(())
    }

    /// # Errors
    /// `NotRunning` once everything was deleted: nothing is written then.
    pub(crate) fn require_alive(&self) -> Result<()> {
        if self.is_erased() { Err(erasing::over()) } else { Ok(()) }
    }

    /// Puts a microphone first in the list of those to use; the others stay behind it. `name` is shown while it is away.
    ///
    /// # Errors
    /// As [`Handle::set`].
    pub fn prefer_microphone(&self, id: &str, name: &str) -> Result<()> {
        let first = PreferredMicrophone { id: id.into(), name: name.into() };
        let list = self.shared.settings().microphone.with_first(first);
        let list = serde_json::to_value(list).map_err(|error| {
            Error::new(ErrorKind::Internal, format!("The microphones cannot be written: {error}. Choose another."))
        })?;
        self.set("microphone.priority", &list)
    }

    /// Listens to the hotkey that the settings name, in place of the one before.
    pub(crate) fn listen_to_hotkey(&self) -> Result<()> {
        self.register(&self.shared.settings().hotkey())
    }

    /// Listens to the hotkey that the settings name, and returns what is wrong with it. One that the system claims is listened to
    /// all the same, since only the user can tell whether it works.
    pub(crate) fn hotkey_trouble(&self) -> Option<Error> {
        let claimed = || self.shared.platform.hotkeys.claimed_by_system(&self.shared.settings().hotkey());
        self.listen_to_hotkey().err().or_else(claimed)
    }

    /// Listens to `hotkey` unless that is done already.
    fn register(&self, hotkey: &Hotkey) -> Result<()> {
        let mut registration = locked(&self.shared.hotkey);
        let is_new = registration.as_ref().is_none_or(|(present, _)| present != hotkey);
        if !self.shared.listens_to_hotkey || !is_new {
            return Ok(());
        }
        let session = self.shared.session.clone();
        let listener = move |edge, at| {
            let _ = session.send(Message::Hotkey(edge, at));
        };
        let new = self.shared.platform.hotkeys.register(hotkey, Box::new(listener))?;
        *registration = Some((*hotkey, new));
        drop(registration);
        // Nobody tells of the old key going up if it was down.
        self.shared.send(Message::Hotkey(KeyEdge::Up, Instant::now()));
        self.shared.send(Message::Trouble(None));
        Ok(())
    }

    /// The microphones that are connected. May take a second.
    pub fn microphones(&self) -> Result<Vec<Microphone>> {
        self.shared.platform.microphones.list()
    }

    /// The catalogue and what of it is installed. Reads the models folder.
    pub fn models(&self) -> Result<Vec<ModelRow>> {
        model_rows(&self.shared.folders, &self.shared.settings())
    }

    /// Starts downloading a model; the listener hears how it goes.
    ///
    /// # Errors
    /// `NotFound` for an id that is not in the catalogue, `Usage` while another download runs.
    pub fn fetch_model(&self, id: &str) -> Result<()> {
        self.require_alive()?;
        Fetching::start(&self.shared, id)
    }

    /// Stops the download; what has arrived stays for the next try.
    pub fn cancel_fetch(&self) {
        if let Some(fetching) = locked(&self.shared.fetching).as_ref() {
            fetching.abort.abort();
        }
    }

    /// How the download stands; `None` when there has been none.
    pub fn fetch_state(&self) -> Option<FetchState> {
        locked(&self.shared.fetching).as_ref().map(|fetching| fetching.state.clone())
    }

    /// Removes an installed model.
    pub fn remove_model(&self, id: &str) -> Result<()> {
        tawk_store::ModelFolder::new(&self.shared.folders).remove(id)?;
        self.shared.send(Message::Settings);
        Ok(())
    }

    /// Copies a model file into the models folder; takes seconds.
    ///
    /// # Errors
    /// `BadModel` when it is foreign or not whole, `NotFound`, `Usage` when another file has its name already,
    /// `Storage`.
    pub fn import_model(&self, file: &Path) -> Result<()> {
        self.require_alive()?;
        tawk_store::ModelFolder::new(&self.shared.folders).import(file, &mut |_, _| {})?;
        self.shared.send(Message::Settings);
        Ok(())
    }

    /// Reads a whole model file and compares it with the catalogue; takes seconds.
    ///
    /// # Errors
    /// `BadModel` when it is damaged, `NotFound`, `Storage`.
    pub fn verify_model(&self, id: &str) -> Result<()> {
        tawk_store::ModelFolder::new(&self.shared.folders).verify(id, &mut |_, _| {})
    }

    /// Examines everything that dictation needs. May take a second.
    pub fn doctor(&self) -> Report {
        doctor::examine(&self.shared.platform, &self.shared.folders, Some(&self.status()))
    }

    /// How things stand with a permission. Takes a millisecond. The `permissions` thread looks as well, so that it
    /// learns of what the user has changed in the system's settings.
    pub fn permission(&self, permission: Permission) -> PermissionState {
        let _ = self.shared.permissions.send(Order::Look);
        let port = &self.shared.platform.permissions;
        match permission {
            Permission::Listening => {
                let hotkey = self.shared.settings().hotkey();
                listening_standing(&hotkey, port.standing(Permission::Typing), port.standing(permission))
            }
            _ => port.standing(permission),
        }
    }

    /// Takes the next step to a permission: shows the system's prompt if it was never shown, opens the system's settings
    /// if it was, and repairs a grant that is stale. The listener hears of what comes of it.
    ///
    /// # Errors
    /// `Unsupported` outside the app, for a prompt that the system does not have.
    pub fn request_permission(&self, permission: Permission) -> Result<()> {
        match self.shared.permissions.send(Order::Wanted(permission)) {
            Ok(()) => Ok(()),
            Err(_) => self.shared.platform.permissions.request(permission),
        }
    }

    /// Opens the system's settings where a permission is granted.
    pub fn open_permission_settings(&self, permission: Permission) -> Result<()> {
        self.shared.platform.permissions.open_settings(permission)?;
        let _ = self.shared.permissions.send(Order::Sent(permission));
        Ok(())
    }

    /// Where Tawk was started from.
    pub fn place(&self) -> Place {
        self.shared.platform.installation.place()
    }

    /// Shows the user where Tawk belongs.
    ///
    /// # Errors
    /// `Unsupported` where any place will do.
    pub fn show_applications(&self) -> Result<()> {
        self.shared.platform.installation.show()
    }

    /// Whether the system starts Tawk at login. Takes milliseconds.
    pub fn login_item(&self) -> LoginItem {
        self.shared.platform.login_items.state()
    }

    /// Has the system start Tawk at login, or not, and gives the state that came of it.
    ///
    /// # Errors
    /// `Unsupported` when the system refuses, `NotFound`, `Storage`.
    pub fn set_login_item(&self, on: bool) -> Result<LoginItem> {
        self.require_alive()?;
        let state = self.shared.platform.login_items.set(on)?;
        tracing::info!(on, ?state, "start at login");
        Ok(state)
    }

    /// Opens the system's settings where the user agrees to it.
    pub fn open_login_items(&self) -> Result<()> {
        self.shared.platform.login_items.open_settings()
    }

    /// Waits until all that was asked before has been done and recordings are on disk, at most `bound`. For tests
    /// and for commands.
    pub fn flush(&self, bound: Duration) {
        let (done, waits) = bounded(1);
        self.shared.send(Message::Flush(done));
        let _ = waits.recv_timeout(bound);
    }
}

fn setting_value(value: &serde_json::Value) -> Result<SettingValue> {
    serde_json::from_value(value.clone()).map_err(|_| {
        Error::new(
            ErrorKind::BadSettings,
            "A setting must be a text, a number, true or false, or a list of these. Give one of them.",
        )
    })
}

//! The app's ear: hears from the engine's threads and passes it on to tray and window.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{OnceLock, PoisonError, RwLock};

use crossbeam_channel::Sender;
use serde::Serialize;
use tauri::{AppHandle, Emitter as _, Manager as _};
use tawk_app::{Listener, State, Status};
use tawk_core::permission::{Permission, PermissionState};

use crate::tray::Poke;
use crate::window::{self, Page};
use crate::wire::{FetchState, Trial};

/// Told by the engine, before and while there is an app. Never blocks.
pub(crate) struct Face {
    app: OnceLock<AppHandle>,
    tray: Sender<Poke>,
    was: RwLock<State>,
    window_wanted: AtomicBool,
    quit_wanted: AtomicBool,
}

impl Face {
    pub(crate) fn new(tray: Sender<Poke>, window_wanted: bool) -> Self {
        Self {
            app: OnceLock::new(),
            tray,
            was: RwLock::default(),
            window_wanted: window_wanted.into(),
            quit_wanted: false.into(),
        }
    }

    /// From now on there is an app; what was wanted meanwhile is done.
    pub(crate) fn attach(&self, app: &AppHandle) {
        let _ = self.app.set(app.clone());
        if self.window_wanted.swap(false, Ordering::AcqRel) {
            window::open(app, Page::Last);
        }
        if self.quit_wanted.load(Ordering::Acquire) {
            app.exit(0);
        }
    }

    fn tell_window(&self, event: &str, payload: impl Serialize + Clone) {
        if let Some(app) = self.app.get()
            && app.get_webview_window(window::LABEL).is_some()
            && let Err(error) = app.emit_to(window::LABEL, event, payload)
        {
            tracing::warn!(%error, event, "the window could not be told");
        }
    }
}

impl Listener for Face {
    fn status_changed(&self, status: &Status) {
        let was = std::mem::replace(&mut *self.was.write().unwrap_or_else(PoisonError::into_inner), status.state);
        let ended = is_busy(was) && !is_busy(status.state);
        // The microphones may have changed meanwhile, and nobody is waiting now.
        let _ = self.tray.send(if ended { Poke::Lists } else { Poke::Status });
        self.tell_window("status", ());
    }

    fn window_is_open(&self) -> bool {
        self.app.get().is_some_and(|app| app.get_webview_window(window::LABEL).is_some())
    }

    fn open_window(&self) {
        match self.app.get() {
            Some(app) => window::open(app, Page::Last),
            None => self.window_wanted.store(true, Ordering::Release),
        }
    }

    fn settings_changed(&self) {
        let _ = self.tray.send(Poke::Lists);
        self.tell_window("settings", ());
    }

    fn history_changed(&self) {
        let _ = self.tray.send(Poke::History);
        self.tell_window("history", ());
    }

    fn permission_changed(&self, _: Permission, _: PermissionState) {
        self.tell_window("settings", ());
    }

    fn fetch_changed(&self, state: &tawk_app::FetchState) {
        self.tell_window("fetch", FetchState::from(state.clone()));
    }

    fn trial_changed(&self, trial: &tawk_app::Trial) {
        self.tell_window("trial", Trial::from(trial.clone()));
    }

    fn quit(&self) {
        self.quit_wanted.store(true, Ordering::Release);
        if let Some(app) = self.app.get() {
            app.exit(0);
        }
    }
}

fn is_busy(state: State) -> bool {
    matches!(state, State::Connecting | State::Listening | State::Working)
}

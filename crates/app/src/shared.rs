//! What several threads and all faces look at.

use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crossbeam_channel::Sender;
use tawk_core::hotkey::Hotkey;
use tawk_core::ports::{Registration, Transcribers};
use tawk_core::recognition::AbortSwitch;
use tawk_core::settings::{DEFAULT_HOTKEY, Settings};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_store::{Folders, ModelFolder, SettingsFile};

use crate::again::Again;
use crate::erasing::Models;
use crate::fetching::Fetching;
use crate::held::Held;
use crate::message::Message;
use crate::permissions;
use crate::playback::Playing;
use crate::status::{Listener, Status};
use crate::trial::Trying;

/// Shared by the engine's threads and its handles.
pub(crate) struct Shared {
    pub(crate) platform: Platform,
    pub(crate) folders: Folders,
    pub(crate) listener: Arc<dyn Listener>,
    pub(crate) transcribers: Arc<dyn Transcribers>,
    pub(crate) session: Sender<Message>,
    /// To the `permissions` thread, which runs in the app only.
    pub(crate) permissions: Sender<permissions::Order>,
    pub(crate) file: Mutex<SettingsFile>,
    pub(crate) status: Mutex<Status>,
    pub(crate) last_text: Mutex<Option<String>>,
    pub(crate) held: Mutex<Held>,
    /// The hotkey that is listened to. It can differ from the setting: another program may have that one.
    pub(crate) hotkey: Mutex<Option<(Hotkey, Box<dyn Registration>)>>,
    pub(crate) fetching: Mutex<Option<Fetching>>,
    /// A recording that is being played.
    pub(crate) playing: Mutex<Option<Playing>>,
    /// A microphone that is being tried out.
    pub(crate) trying: Mutex<Trying>,
    /// A recording that is being recognised again.
    pub(crate) again: Mutex<Option<Again>>,
    /// A recovery under way.
    pub(crate) recovering: Mutex<Option<AbortSwitch>>,
    /// Whether the program is about to end.
    pub(crate) is_ending: AtomicBool,
    /// Who waits for the end in order to delete everything.
    pub(crate) erasing: Mutex<Option<Sender<()>>>,
    /// Whether everything was deleted, with the models or without. Nothing may be written any more.
    pub(crate) erased: Mutex<Option<Models>>,
    /// Whether the hotkey is to be listened to at all.
    pub(crate) listens_to_hotkey: bool,
    /// In place of the list of microphones in the settings.
    pub(crate) microphone: Option<String>,
    /// In place of the setting `recognition.model`.
    pub(crate) model: Option<String>,
}

/// The value behind a lock. A thread that panicked while it held it leaves plain data behind, so the others go on.
pub(crate) fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    /// The settings in force: what leaves the choice to the system is chosen.
    pub(crate) fn settings(&self) -> Settings {
        let mut settings = locked(&self.file).settings().clone();
        if settings.dictation.hotkey == DEFAULT_HOTKEY {
            settings.dictation.hotkey = tawk_platform::default_hotkey().into();
        }
        if let Some(id) = &self.microphone {
            settings.microphone.priority.clear();
            settings.microphone.id.clone_from(id);
        }
        if let Some(model) = &self.model {
            settings.recognition.model.clone_from(model);
        }
        settings
    }

    pub(crate) fn send(&self, message: Message) {
        let _ = self.session.send(message);
    }

    /// What is wrong outside any dictation, the hotkey left out.
    pub(crate) fn standing_trouble(&self) -> Option<Error> {
        tawk_platform::limitation().or_else(|| {
            let file = locked(&self.file);
            file.problems().first().map(|problem| Error::new(ErrorKind::BadSettings, problem.message.clone()))
        })
    }

    /// All threads that write have ended: the face is told, unless somebody else waits for that.
    pub(crate) fn ended(&self) {
        match locked(&self.erasing).take() {
            Some(waits) => drop(waits.send(())),
            None => self.listener.quit(),
        }
    }

    /// The model file that the settings name.
    pub(crate) fn model_path(&self) -> Result<PathBuf> {
        let settings = self.settings();
        ModelFolder::new(&self.folders).find_for(&settings.recognition.model, settings.language())
    }
}

//! Starts and ends all threads.

use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use crossbeam_channel::unbounded;
use tawk_core::ports::{DeskEvent, HotkeyNews, Registration, Transcribers};
use tawk_core::session::Event;
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::Platform;
use tawk_store::{Folders, Recordings, SettingsFile};

use crate::awake::Awake;
use crate::capture::Capture;
use crate::conductor::Conductor;
use crate::control::Control;
use crate::escape::Escape;
use crate::handle::Handle;
use crate::history::Remembering;
use crate::hud::{Gauge, Hud};
use crate::journal::Journal;
use crate::message::Message;
use crate::notices::Notices;
use crate::permissions::{Order, Permitting};
use crate::recogniser::Recogniser;
use crate::shared::{Shared, locked};
use crate::signals;
use crate::status::{Listener, Status};
use crate::typing::TypingThread;

/// What an engine is made of.
#[derive(Clone)]
pub struct Options {
    /// The machine.
    pub platform: Platform,
    /// Where settings, models and recordings lie.
    pub folders: Folders,
    /// What loads models.
    pub transcribers: Arc<dyn Transcribers>,
    /// Who is told.
    pub listener: Arc<dyn Listener>,
    /// Whether this is the app: it is single, listens to the hotkey and to its socket, and ends on signals. A command that
    /// dictates once needs none of these.
    pub is_app: bool,
    /// A microphone's id in place of the setting.
    pub microphone: Option<String>,
    /// A model's id or path in place of the setting.
    pub model: Option<String>,
}

/// The running threads. They end, with a running recording kept, when this is dropped.
pub struct Engine {
    handle: Handle,
    conductor: Option<JoinHandle<()>>,
    _control: Option<Control>,
    _desk: Option<Box<dyn Registration>>,
    _permitting: Option<Permitting>,
}

/// Starts everything.
///
/// # Errors
/// `AlreadyRunning` when another Tawk has the socket, `Storage` when the folders cannot be made. What is wrong with the
/// hotkey, the model or the microphone is no error here: it is told through [`Status::trouble`].
pub fn start(options: Options) -> Result<Engine> {
    let Options { platform, folders, transcribers, listener, is_app, microphone, model } = options;
    folders.create()?;
    let recordings = Recordings::new(&folders);
    // What was said is nobody's to keep but the user's own.
    if let Err(error) = platform.backups.leave_out(&folders.recordings) {
        tracing::warn!("{error}");
    }
    let file = SettingsFile::open(folders.settings());
    let (session, inbox) = unbounded();
    let (permissions, permission_orders) = unbounded();
    let shared = Arc::new(Shared {
        platform: platform.clone(),
        folders,
        listener,
        transcribers: Arc::clone(&transcribers),
        session: session.clone(),
        permissions: permissions.clone(),
        file: Mutex::new(file),
        status: Mutex::new(Status::default()),
        last_text: Mutex::new(None),
        held: Mutex::default(),
        hotkey: Mutex::new(None),
        fetching: Mutex::new(None),
        playing: Mutex::new(None),
        trying: Mutex::default(),
        again: Mutex::new(None),
        recovering: Mutex::new(None),
        is_ending: AtomicBool::new(false),
        erasing: Mutex::new(None),
        erased: Mutex::new(None),
        listens_to_hotkey: is_app,
        microphone,
        model,
    });
    let handle = Handle::new(Arc::clone(&shared));
    // First of all, so that a second start changes nothing.
    let control = is_app.then(|| Control::start(&shared.folders, handle.clone())).transpose()?;

    let journal = Journal::start(recordings, session.clone(), is_app)?;
    let gauge = Gauge::default();
    let (microphones, permissions_port) = (platform.microphones, platform.permissions);
    let capture = Capture::start(microphones, permissions_port, journal.sender(), session.clone(), gauge.clone())?;
    let recogniser = Recogniser::start(Arc::clone(&shared), transcribers, session.clone(), journal.sender())?;
    let typist = TypingThread::start(platform.typists, platform.focus, session.clone())?;
    let awake = Awake::start(platform.wakefulness, is_app)?;
    let escape = Escape::start(Arc::clone(&shared.platform.hotkeys), session.clone())?;
    let notices = Notices::start(platform.notifications)?;
    let history = if is_app { Remembering::start(Arc::clone(&shared))? } else { Remembering::none() };
    let hud = match is_app {
        true => Hud::start(platform.panel, platform.fonts, gauge, &shared.settings(), session.clone())?,
        false => Hud::none(),
    };
    let conductor =
        Conductor::new(Arc::clone(&shared), capture, journal, recogniser, typist, awake, escape, notices, history, hud);
    let conductor =
        thread::Builder::new().name("session".into()).spawn(move || conductor.run(&inbox)).map_err(|error| {
            Error::new(
                ErrorKind::Internal,
                format!("A thread could not be started ({error}). Close other programs and try again."),
            )
        })?;

    let (mut desk, mut permitting) = (None, None);
    if is_app {
        for problem in locked(&shared.file).problems() {
            tracing::warn!(key = %problem.key, "{}", problem.message);
        }
        watch_hotkeys(&shared);
        if let Some(trouble) = handle.hotkey_trouble().or_else(|| shared.standing_trouble()) {
            shared.send(Message::Trouble(Some(trouble)));
        }
        // Some apps tell of their fields only when the keyboard goes to another one, so they are heard from now on.
        shared.platform.focus.look_at_field();
        desk = watch_desk(&shared);
        permitting = Some(Permitting::start(handle.clone(), permissions, permission_orders)?);
        signals::watch(session)?;
    }
    tracing::info!(version = crate::VERSION, is_app, "started");
    Ok(Engine { handle, conductor: Some(conductor), _control: control, _desk: desk, _permitting: permitting })
}

/// Tells of a hotkey that is lost while Tawk runs, until it is back, and of one that is pressed in vain.
fn watch_hotkeys(shared: &Arc<Shared>) {
    let watching = Arc::downgrade(shared);
    shared.platform.hotkeys.watch(Box::new(move |news| {
        let Some(shared) = watching.upgrade() else { return };
        let lost = match news {
            HotkeyNews::Refused(error) => return shared.send(Message::Report(error)),
            HotkeyNews::Lost(error) => Some(error),
            HotkeyNews::Back => None,
        };
        // What was withdrawn, or came back, is shown as well.
        let _ = shared.permissions.send(Order::Look);
        shared.send(Message::Trouble(lost.or_else(|| shared.standing_trouble())));
    }));
}

fn watch_desk(shared: &Arc<Shared>) -> Option<Box<dyn Registration>> {
    let session = shared.session.clone();
    let watched = shared.platform.desk.watch(Box::new(move |event| {
        let message = match event {
            DeskEvent::LoggingOut => Message::Shutdown,
            event => Message::Event(Event::Desk(event)),
        };
        let _ = session.send(message);
    }));
    watched.inspect_err(|error| tracing::warn!("lock and logout are not watched: {error}")).ok()
}

impl Engine {
    /// For the faces.
    pub fn handle(&self) -> Handle {
        self.handle.clone()
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.handle.quit();
        if let Some(conductor) = self.conductor.take() {
            let _ = conductor.join();
        }
        tracing::info!("ended");
    }
}

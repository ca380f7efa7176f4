//! What Tawk needs from the world, as traits. `platform` and `whisper` stand behind them; tests put
//! fakes there.

mod panel;

use std::path::Path;
use std::time::{Duration, Instant};

pub use panel::{Appearance, FontBytes, Fonts, Panel, Picture, Screen};
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::hotkey::Hotkey;
use crate::keystroke::Keystroke;
use crate::login_item::LoginItem;
use crate::microphone::{Microphone, MicrophoneChoice, StreamFormat};
use crate::permission::{Permission, PermissionState};
use crate::place::Place;
use crate::recognition::{AbortSwitch, Recognition, RecognitionRequest};

/// The microphones of this machine.
pub trait Microphones: Send + Sync {
    /// Those connected now, monitors of loudspeakers left out. Empty when there is none.
    fn list(&self) -> Result<Vec<Microphone>>;

    /// Opens the chosen microphone and starts it. May block until the device runs, so it is called on
    /// the `capture` thread; the stream stays on that thread.
    ///
    /// # Errors
    /// `NoMicrophone` when it is not there, `MicrophoneBusy`, `MicrophoneDenied`.
    fn open(&self, choice: &MicrophoneChoice) -> Result<Box<dyn InputStream>> {
        self.open_within(choice, OPEN_LIMIT)
    }

    /// As [`Microphones::open`], but gives up after `limit`: one that delivers nothing until then is busy, and a
    /// sound server that does not answer has no microphone.
    fn open_within(&self, choice: &MicrophoneChoice, limit: Duration) -> Result<Box<dyn InputStream>>;
}

/// How long opening may take until the first samples flow. Bluetooth headsets need up to about 400 ms to change
/// their profile; a device that is silent for so long will stay so.
pub const OPEN_LIMIT: Duration = Duration::from_secs(4);

/// A running microphone. Dropping it stops it.
pub trait InputStream {
    /// The shape of what [`InputStream::read`] gives.
    fn format(&self) -> StreamFormat;

    /// The microphone that is really open (of interest when the choice was the system's default).
    fn microphone(&self) -> &Microphone;

    /// Appends what has been heard since the last call to `out`, as interleaved samples in -1.0..=1.0,
    /// and returns the number of frames. Waits up to `wait` for the first; returns 0 when none came or
    /// when the thread was unparked meanwhile.
    ///
    /// # Errors
    /// `MicrophoneLost` once the device is gone.
    fn read(&mut self, out: &mut Vec<f32>, wait: Duration) -> Result<usize>;

    /// All sound that reached the microphone before this moment has been handed out by `read`.
    /// `None` before the first samples.
    fn captured_until(&self) -> Option<Instant>;

    /// Whether it was lost because its device has another rate or other channels now, as a headset that changes its profile:
    /// opened again, it goes on.
    fn is_outdated(&self) -> bool {
        false
    }

    /// Frames lost since the start because `read` was called too late.
    fn overruns(&self) -> u64;
}

/// Key edges of the hotkey.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyEdge {
    /// The chord is complete and its main key went down. Autorepeat does not repeat it.
    Down,
    /// The main key went up.
    Up,
    /// The key that is down turned out to belong to another chord, as Right Option does in the one that types é: what
    /// its `Down` began is not wanted. No `Up` follows.
    Cancelled,
}

/// Keys that work whatever app has the focus.
pub trait Hotkeys: Send + Sync {
    /// Calls `listener` at every edge of `hotkey` with the moment it happened, from a thread of its own,
    /// until the registration is dropped.
    ///
    /// # Errors
    /// `HotkeyTaken` when another program has it, `NoDisplay`, `Unsupported` for a key that this system lacks.
    fn register(
        &self,
        hotkey: &Hotkey,
        listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
    ) -> Result<Box<dyn Registration>>;

    /// Why the system itself acts on `hotkey`, as its settings stand now, so that a registration, which succeeds all the same,
    /// may hear nothing. `None` when it does not, or nobody knows. May take some milliseconds.
    fn claimed_by_system(&self, _hotkey: &Hotkey) -> Option<crate::Error> {
        None
    }

    /// Calls `watcher`, from a thread of its own, with what becomes of a registered hotkey. There is one watcher: the last. Not
    /// every system takes a hotkey away.
    fn watch(&self, _watcher: HotkeyWatcher) {}
}

/// What becomes of a registered hotkey beside its edges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HotkeyNews {
    /// It is not heard any more, for this reason: the system has taken Tawk's ear away.
    Lost(crate::Error),
    /// It is heard again.
    Back,
    /// It was pressed in vain, for this reason: once for each press.
    Refused(crate::Error),
}

/// Told of [`HotkeyNews`].
pub type HotkeyWatcher = Box<dyn Fn(HotkeyNews) + Send + Sync>;

/// Something that lasts until it is dropped.
pub trait Registration: Send {}

/// Opens typists. Nothing of the display is touched before.
pub trait Typists: Send + Sync {
    /// A typist for the present display.
    ///
    /// # Errors
    /// `NoDisplay`, `Unsupported` (Wayland without X11), `TypingDenied`.
    fn open(&self) -> Result<Box<dyn Typist>>;
}

/// How keys are sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypingStyle {
    /// The pause after each stroke.
    pub pace: Duration,
    /// How long to wait for the user to let go of modifiers, and of `hotkey`'s main key, before they are
    /// neutralised.
    pub release_wait: Duration,
    /// The hotkey, whose main key swallows what is typed while it is down.
    pub hotkey: Option<Hotkey>,
    /// The [`Target::id`] that alone may receive keys. X11 makes sure of it at each key; elsewhere it is up to `go_on`.
    pub target: Option<u64>,
}

impl Default for TypingStyle {
    fn default() -> Self {
        Self { pace: Duration::from_millis(2), release_wait: Duration::from_millis(500), hotkey: None, target: None }
    }
}

/// How far typing came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypedSoFar {
    /// The number of strokes that were sent whole, from the first.
    pub strokes: usize,
    /// Bytes of the next stroke's text that were sent too: whole graphemes, unless one is longer than any language makes it.
    pub bytes: usize,
}

impl TypedSoFar {
    /// So many strokes, and nothing of the next one.
    pub const fn whole(strokes: usize) -> Self {
        Self { strokes, bytes: 0 }
    }
}

/// Sends keystrokes to the app that has the focus.
pub trait Typist: Send {
    /// Types `strokes` in order. `go_on` is asked before the first stroke and again and again between
    /// strokes; when it says no, typing ends there and the count says where. The same holds when another than the style's
    /// target has the focus.
    ///
    /// # Errors
    /// `SecureInput`, `TypingDenied`, `NoDisplay`: then nothing was typed.
    fn type_strokes(
        &mut self,
        strokes: &[Keystroke],
        style: &TypingStyle,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<TypedSoFar>;
}

/// The window or app that receives keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// X11: the top-level window's id; macOS: the process id.
    pub id: u64,
    /// The app's name for people; may be empty.
    pub app: String,
    /// What names the app to the system, for rules: the bundle id on macOS, the window's class on X11. `None` where nothing
    /// tells.
    pub app_id: Option<String>,
}

/// What kind of field has the keyboard, as far as the system tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Field {
    /// One that hides what is typed.
    Password,
    /// Any other.
    Plain,
    /// Nothing tells.
    #[default]
    Unknown,
}

/// Who has the keyboard.
pub trait Focus: Send + Sync {
    /// The present target; `None` when no window has the focus. One round trip at most.
    fn current(&self) -> Result<Option<Target>>;

    /// Whether a password field or secure input holds the keyboard, as far as is known now. `false` where the system
    /// cannot say. Asked before and between strokes, so it never waits for an app.
    fn secure_input(&self) -> bool;

    /// Starts to find out what kind of field has the keyboard, where that takes its time, and from then on follows the
    /// keyboard. Does not wait.
    fn look_at_field(&self) {}

    /// What kind of field has the keyboard. Waits for a look that is under way, until `wait` has passed since it began.
    fn field(&self, _wait: Duration) -> Field {
        if self.secure_input() { Field::Password } else { Field::Plain }
    }

    /// The program that asked for secure input, as far as the system tells. It is sometimes wrong: after a lock it may
    /// name the login window (Handy issue 1828).
    fn secure_input_holder(&self) -> Option<Target> {
        None
    }
}

/// What the system allows.
pub trait Permissions: Send + Sync {
    /// The present state; cheap enough to ask before every use.
    fn state(&self, permission: Permission) -> PermissionState;

    /// Whether what [`PermissionState::Granted`] promises really works. The system can say yes for a grant that belongs
    /// to an older build (MiddleClick issue 162). Asked only when the state is `Granted`; takes a millisecond.
    fn prove(&self, permission: Permission) -> bool;

    /// The state, a grant that does not work told from one that does.
    fn standing(&self, permission: Permission) -> PermissionState {
        match self.state(permission) {
            PermissionState::Granted if !self.prove(permission) => PermissionState::Stale,
            state => state,
        }
    }

    /// Makes the system forget what it knows about `permission` for Tawk, so that it can be granted anew.
    ///
    /// # Errors
    /// `Unsupported` when the system refuses.
    fn reset(&self, permission: Permission) -> Result<()>;

    /// Shows the system's own prompt, if it has one and has not shown it before. Does not wait.
    fn request(&self, permission: Permission) -> Result<()>;

    /// Opens the system's settings where `permission` is granted.
    fn open_settings(&self, permission: Permission) -> Result<()>;
}

/// The clipboard. Touched only when the user asks.
pub trait Clipboard: Send + Sync {
    /// Puts `text` on the clipboard.
    fn set_text(&self, text: &str) -> Result<()>;
}

/// The sounds that Tawk makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Sound {
    /// Tawk is listening.
    Start,
    /// Tawk has stopped listening.
    Stop,
    /// Something needs attention.
    Trouble,
}

/// Plays sounds.
pub trait Sounds: Send + Sync {
    /// Starts `sound` at `volume` (0.0 silent to 1.0) and returns at once. A machine without a loudspeaker
    /// stays silent.
    fn play(&self, sound: Sound, volume: f32);
}

/// The loudspeaker of this machine.
pub trait Loudspeakers: Send + Sync {
    /// Opens the system's default loudspeaker and starts it, silent. May block as long as the sound server does; the stream
    /// stays on the calling thread.
    ///
    /// # Errors
    /// `Unsupported` when there is none.
    fn open(&self) -> Result<Box<dyn OutputStream>>;
}

/// A running loudspeaker. Dropping it stops it at once.
pub trait OutputStream {
    /// The rate at which it takes samples, in Hz.
    fn rate(&self) -> u32;

    /// Takes of `samples` (mono, -1.0..=1.0) what there is room for, and returns how many that were. Waits up to `wait` for
    /// room.
    ///
    /// # Errors
    /// `Unsupported` once the loudspeaker is gone.
    fn write(&mut self, samples: &[f32], wait: Duration) -> Result<usize>;

    /// How long the sound is that was taken and waits for the system.
    fn pending(&self) -> Duration;
}

/// Tells the user what needs attention, outside any window.
pub trait Notifications: Send + Sync {
    /// Shows `message`, which never holds dictated text, in place of the one before. May take seconds.
    ///
    /// # Errors
    /// `Unsupported` where nothing shows notifications.
    fn show(&self, message: &str) -> Result<()>;
}

/// What happens to the desktop session around Tawk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DeskEvent {
    /// The screen was locked or another user took over.
    Locked,
    /// The machine is about to sleep.
    Sleeping,
    /// The user wants to log out, restart or shut down, and may still think better of it.
    LogoutAsked,
    /// The user logs out, or the display is gone.
    LoggingOut,
}

/// Watches the desktop session.
pub trait Desk: Send + Sync {
    /// Calls `listener` at every event until the registration is dropped.
    fn watch(&self, listener: Box<dyn Fn(DeskEvent) + Send + Sync>) -> Result<Box<dyn Registration>>;
}

/// Starting Tawk when the user logs in: a state of the system, asked from it every time.
pub trait LoginItems: Send + Sync {
    /// How things stand now. Takes milliseconds.
    fn state(&self) -> LoginItem;

    /// Switches it on or off and gives the state that came of it, which may be that the user must agree first.
    ///
    /// # Errors
    /// `Unsupported` when the system refuses, `NotFound` when the app is not beside the command, `Storage`.
    fn set(&self, on: bool) -> Result<LoginItem>;

    /// Opens the system's settings where the user agrees.
    ///
    /// # Errors
    /// `Unsupported` where there is nothing to agree to.
    fn open_settings(&self) -> Result<()>;
}

/// Where Tawk was started from.
pub trait Installation: Send + Sync {
    /// The place of this program.
    fn place(&self) -> Place;

    /// Shows the user where Tawk belongs.
    ///
    /// # Errors
    /// `Unsupported` where any place will do.
    fn show(&self) -> Result<()>;
}

/// The backups that the system makes by itself.
pub trait Backups: Send + Sync {
    /// Has them leave out `folder`, which is there, and what is put into it. Nothing where the system makes none.
    ///
    /// # Errors
    /// `Storage`.
    fn leave_out(&self, folder: &Path) -> Result<()>;
}

/// Keeps the machine at work while the user dictates.
pub trait Wakefulness: Send + Sync {
    /// Until the answer is dropped, the machine does not go to sleep for want of input and gives Tawk its full speed.
    /// `reason` is shown where the system lists who keeps it awake. `None` where there is no such thing. May take
    /// seconds when the system is slow to answer.
    fn hold(&self, reason: &str) -> Option<Box<dyn Hold>>;

    /// Until the answer is dropped, Tawk is not slowed down for being in the background with nothing to show, so that it
    /// hears the hotkey at once. The machine may fall asleep all the same. `None` where no system does such a thing.
    fn attend(&self, _reason: &str) -> Option<Box<dyn Hold>> {
        None
    }
}

/// Something that lasts until it is dropped, on the thread that asked for it.
pub trait Hold {}

/// Loads recognisers.
pub trait Transcribers: Send + Sync {
    /// Loads the model at `path`; `progress` is called with 0.0..=1.0.
    ///
    /// # Errors
    /// `NotFound`, `BadModel`, `Storage`.
    fn load(&self, path: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>>;
}

/// A loaded model.
pub trait Transcriber: Send {
    /// Recognises `samples` (mono, [`crate::SAMPLE_RATE`], -1.0..=1.0), which may be of any length; those of
    /// less than a second are padded.
    ///
    /// # Errors
    /// `Aborted` when `abort` was pulled; the transcriber can be used again afterwards.
    fn transcribe(&mut self, samples: &[f32], request: &RecognitionRequest, abort: &AbortSwitch)
    -> Result<Recognition>;
}

//! Trying a microphone out: how loud it hears, as it hears it, and what it heard, to listen to. On a thread of its own,
//! `trial`, that lasts as long as that takes; the sound stays in memory and is never recognised.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tawk_audio::Level;
use tawk_core::microphone::Succession;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{OPEN_LIMIT, Permissions};
use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};

use crate::capture::{may_listen, open_first};
use crate::handle::Handle;
use crate::playback::{self, Sound};
use crate::shared::{Shared, locked};
use crate::status::{State, Trouble};

/// A trial ends by itself after so much sound.
const LENGTH: Duration = Duration::from_secs(15);

/// How often the face is told of the level: often enough to look alive.
const TELL_EVERY: Duration = Duration::from_millis(50);

/// How long one read waits for sound.
const READ_WAIT: Duration = Duration::from_millis(50);

/// A microphone that delivers nothing for so long is lost.
const STALL: Duration = Duration::from_secs(3);

/// How long the user may take to answer the system's question, and how often it is looked whether he has.
const ANSWER: Duration = Duration::from_secs(120);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// How loud a voice is at least: a quiet one before a distant microphone has about -50 dBFS.
const VOICE_DBFS: f32 = -55.0;

/// A trial of a microphone, as plain data for a face.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Trial {
    /// Whether the microphone is being heard.
    pub is_listening: bool,
    /// The microphone's name; empty until one is open.
    pub microphone: String,
    /// The level of the last moments (root mean square, in dBFS); `None` until something has been heard, and after the end.
    pub level_dbfs: Option<f32>,
    /// The length of what was heard, in ms. It can be played once the trial is over.
    pub heard_ms: u64,
    /// Whether anything as loud as a voice was heard.
    pub is_heard: bool,
    /// Whether it is being played.
    pub is_playing: bool,
    /// Why it ended early, if it did.
    pub error: Option<Trouble>,
}

/// The trial that runs or ran last.
#[derive(Default)]
pub(crate) struct Trying {
    trial: Trial,
    /// At 16 kHz.
    samples: Arc<[f32]>,
    stop: AbortSwitch,
}

impl Handle {
    /// Hears the microphone that a dictation would hear, for 15 s or until [`Handle::end_trial`] or the next dictation. The
    /// listener is told how loud it is; see [`crate::Listener::trial_changed`]. What the trial before heard is forgotten.
    ///
    /// # Errors
    /// `Usage` while a dictation is spoken, `NotRunning` once everything was deleted, `Internal` when there is no thread.
    /// What is wrong with the microphone is told through [`Trial::error`].
    pub fn try_microphone(&self) -> Result<()> {
        self.require_alive()?;
        if self.is_ending() {
            return Err(Error::new(ErrorKind::NotRunning, "Tawk is just quitting. Start it again first."));
        }
        if self.shared.is_hearing() {
            let message =
                "A dictation is being spoken, so the microphone works. End it first to try the microphone out.";
            return Err(Error::new(ErrorKind::Usage, message));
        }
        let stop = AbortSwitch::default();
        let trial = Trial { is_listening: true, ..Trial::default() };
        let new = Trying { trial, samples: Arc::default(), stop: stop.clone() };
        std::mem::replace(&mut *locked(&self.shared.trying), new).stop.abort();
        playback::stop_trial(&self.shared);
        self.shared.tell_trial();
        let theirs = Arc::clone(&self.shared);
        let spawned = thread::Builder::new().name("trial".into()).spawn(move || run(&theirs, &stop));
        spawned.map(drop).map_err(|error| {
            locked(&self.shared.trying).trial.is_listening = false;
            self.shared.tell_trial();
            let message = format!("A thread could not be started ({error}). Close other programs and try again.");
            Error::new(ErrorKind::Internal, message)
        })
    }

    /// Ends a trial; what it heard can be played.
    pub fn end_trial(&self) {
        stop(&self.shared);
    }

    /// Plays what the last trial heard, in place of what is being played. Waits until the loudspeaker is open.
    ///
    /// # Errors
    /// `NotFound` when nothing was heard, `Unsupported` when there is no loudspeaker.
    pub fn play_trial(&self) -> Result<()> {
        self.require_alive()?;
        let samples = Arc::clone(&locked(&self.shared.trying).samples);
        if samples.is_empty() {
            return Err(Error::new(ErrorKind::NotFound, "Nothing was heard yet. Try the microphone first."));
        }
        playback::start(&self.shared, Sound::Trial(samples))
    }

    /// How the last trial stands.
    pub fn trial(&self) -> Trial {
        locked(&self.shared.trying).trial.clone()
    }

    /// Ends a trial and forgets what it heard.
    pub fn forget_trial(&self) {
        std::mem::take(&mut *locked(&self.shared.trying)).stop.abort();
        playback::stop_trial(&self.shared);
    }
}

/// Ends a trial, if there is one.
pub(crate) fn stop(shared: &Shared) {
    locked(&shared.trying).stop.abort();
}

fn run(shared: &Shared, stop: &AbortSwitch) {
    let mut samples = Vec::new();
    let heard = hear(shared, stop, &mut samples);
    shared.change_trial(stop, |trying| {
        trying.samples = samples.into();
        trying.trial = Trial {
            is_listening: false,
            level_dbfs: None,
            heard_ms: heard_ms(&trying.samples),
            error: heard.as_ref().err().map(Trouble::from),
            ..trying.trial.clone()
        };
    });
}

/// Hears until the end, into `samples` (16 kHz).
fn hear(shared: &Shared, stop: &AbortSwitch, samples: &mut Vec<f32>) -> Result<()> {
    let settings = shared.settings();
    wait_for_permission(shared.platform.permissions.as_ref(), stop)?;
    let order = Succession::new(settings.microphones());
    let microphones = shared.platform.microphones.as_ref();
    let mut ear = open_first(microphones, &order, settings.channel(), OPEN_LIMIT, || stop.is_aborted())?;
    let name = ear.microphone().name.clone();
    shared.change_trial(stop, |trying| trying.trial.microphone = name);
    let most = (LENGTH.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize;
    let (mut told, mut told_at, mut heard_at) = (0, Instant::now(), Instant::now());
    // A dictation pulls the switch; one that began just before this did has not.
    while samples.len() < most && !stop.is_aborted() && !shared.is_hearing() {
        match ear.hear(READ_WAIT, samples)? {
            Duration::ZERO if heard_at.elapsed() > STALL => {
                let message = "The microphone gives no sound any more. Connect it again, or choose another.";
                return Err(Error::new(ErrorKind::MicrophoneLost, message));
            }
            Duration::ZERO => {}
            _ => heard_at = Instant::now(),
        }
        if samples.len() > told && told_at.elapsed() >= TELL_EVERY {
            let level = Level::of(&samples[told..]).rms_dbfs;
            (told, told_at) = (samples.len(), Instant::now());
            let heard_ms = heard_ms(samples);
            shared.change_trial(stop, |trying| {
                let is_heard = trying.trial.is_heard || level >= VOICE_DBFS;
                trying.trial = Trial { level_dbfs: Some(level), heard_ms, is_heard, ..trying.trial.clone() };
            });
        }
    }
    Ok(())
}

/// Asks for the permission where nobody has yet, and waits for the user's answer: the system withholds the sound until then.
fn wait_for_permission(permissions: &dyn Permissions, stop: &AbortSwitch) -> Result<()> {
    may_listen(permissions)?;
    let asked = Instant::now();
    while permissions.state(Permission::Microphone) == PermissionState::NotAsked {
        if stop.is_aborted() || asked.elapsed() > ANSWER {
            return Ok(());
        }
        thread::sleep(LOOK_EVERY);
    }
    may_listen(permissions)
}

fn heard_ms(samples: &[f32]) -> u64 {
    samples.len() as u64 * 1000 / u64::from(SAMPLE_RATE)
}

impl Shared {
    /// Changes the trial that `stop` belongs to and tells the face; nothing happens when it is over.
    fn change_trial(&self, stop: &AbortSwitch, change: impl FnOnce(&mut Trying)) {
        let mut trying = locked(&self.trying);
        if !Arc::ptr_eq(trying.stop.flag(), stop.flag()) {
            return;
        }
        change(&mut trying);
        drop(trying);
        self.tell_trial();
    }

    /// Says whether the trial is being played.
    pub(crate) fn tell_trial_playing(&self, is_playing: bool) {
        if std::mem::replace(&mut locked(&self.trying).trial.is_playing, is_playing) != is_playing {
            self.tell_trial();
        }
    }

    /// Whether a dictation is being heard.
    fn is_hearing(&self) -> bool {
        matches!(locked(&self.status).state, State::Connecting | State::Listening)
    }

    fn tell_trial(&self) {
        let trial = locked(&self.trying).trial.clone();
        self.listener.trial_changed(&trial);
    }
}

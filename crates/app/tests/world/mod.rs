//! The engine with all its threads on a fake machine: real speech in, a scripted recogniser, fake keys out.
#![allow(clippy::unwrap_used, dead_code, unreachable_pub, reason = "tests, and not every test uses all of it")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Handle, Listener, Options, State, Status};
use tawk_core::hotkey::Hotkey;
use tawk_core::microphone::StreamFormat;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;

/// Says the same whatever it hears; or fails, or takes its time.
#[derive(Clone, Default)]
pub struct Script(pub Arc<Mutex<Lines>>);

#[derive(Default)]
pub struct Lines {
    pub failure: Option<Error>,
    pub takes: Duration,
    /// What each second of sound takes besides.
    pub takes_per_second: Duration,
    pub heard: Vec<usize>,
    /// What is said in turn; then always "Hello world."
    pub words: Vec<&'static str>,
}

impl Transcribers for Script {
    fn load(&self, _: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        progress(1.0);
        Ok(Box::new(self.clone()))
    }
}

impl Transcriber for Script {
    fn transcribe(&mut self, samples: &[f32], _: &RecognitionRequest, abort: &AbortSwitch) -> Result<Recognition> {
        let (failure, takes) = {
            let mut lines = self.0.lock().unwrap();
            lines.heard.push(samples.len());
            let length = samples.len() as f32 / 16_000.0;
            (lines.failure.clone(), lines.takes + lines.takes_per_second.mul_f32(length))
        };
        let began = Instant::now();
        while began.elapsed() < takes {
            if abort.is_aborted() {
                return Err(Error::new(ErrorKind::Aborted, "Aborted."));
            }
            thread::sleep(Duration::from_millis(5));
        }
        let mut lines = self.0.lock().unwrap();
        let text = if lines.words.is_empty() { "Hello world." } else { lines.words.remove(0) };
        failure.map_or_else(|| Ok(Recognition { text: text.into(), ..Recognition::default() }), Err)
    }
}

#[derive(Default)]
pub struct Log {
    pub states: Mutex<Vec<State>>,
    pub windows: Mutex<u32>,
    pub quits: Mutex<u32>,
    pub permissions: Mutex<Vec<(Permission, PermissionState)>>,
}

impl Listener for Log {
    fn status_changed(&self, status: &Status) {
        let mut states = self.states.lock().unwrap();
        if states.last() != Some(&status.state) {
            states.push(status.state);
        }
    }

    fn open_window(&self) {
        *self.windows.lock().unwrap() += 1;
    }

    fn permission_changed(&self, permission: Permission, state: PermissionState) {
        self.permissions.lock().unwrap().push((permission, state));
    }

    fn quit(&self) {
        *self.quits.lock().unwrap() += 1;
    }
}

pub struct World {
    pub home: tempfile::TempDir,
    pub machine: FakeHandles,
    pub script: Script,
    pub log: Arc<Log>,
    pub engine: Option<Engine>,
    pub handle: Handle,
    pub hotkey: Hotkey,
    /// How often a microphone had been opened before the last press.
    pub opened: Cell<u64>,
}

pub fn start_in(home: &Path) -> Result<(Engine, FakeHandles, Script, Arc<Log>)> {
    let (platform, machine) = Fake::new();
    machine.microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: 16_000, channels: 1 });
    machine.microphones.set_default(DEFAULT_ID);
    let (script, log) = (Script::default(), Arc::new(Log::default()));
    let engine = tawk_app::start(Options {
        platform,
        folders: Folders::under(home),
        transcribers: Arc::new(script.clone()),
        listener: Arc::clone(&log) as Arc<dyn Listener>,
        is_app: true,
        microphone: None,
        model: None,
    })?;
    Ok((engine, machine, script, log))
}

impl World {
    pub fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (engine, machine, script, log) = start_in(home.path()).unwrap();
        let handle = engine.handle();
        let hotkey = handle.settings().hotkey();
        Self { home, machine, script, log, engine: Some(engine), handle, hotkey, opened: Cell::new(0) }
    }

    pub fn press(&self) {
        self.opened.set(self.machine.microphones.times_opened());
        assert_eq!(self.machine.hotkeys.press(&self.hotkey), 1, "somebody listens to the hotkey");
    }

    pub fn release(&self) {
        self.machine.hotkeys.release(&self.hotkey);
    }

    /// Speaks into the open microphone, all at once.
    pub fn speak(&self) -> usize {
        // The last utterance's stream may still be open: its tail is waited for.
        let opened = || self.machine.microphones.times_opened() > self.opened.get();
        self.wait("the microphone is open", || opened() && self.machine.microphones.open_streams() == 1);
        let samples = speech();
        self.machine.microphones.feed(DEFAULT_ID, &samples);
        self.wait("listening", || self.handle.status().state == State::Listening);
        samples.len()
    }

    /// Holds the key for longer than a tap, speaking.
    pub fn dictate(&self) {
        self.press();
        self.speak();
        thread::sleep(Duration::from_millis(320));
        self.release();
    }

    pub fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}; {:?}", self.handle.status());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn wait_for(&self, state: State) {
        self.wait(&format!("{state:?}"), || self.handle.status().state == state);
        self.handle.flush(Duration::from_secs(5));
    }

    pub fn recordings(&self) -> Vec<PathBuf> {
        recordings(self.home.path())
    }

    pub fn trouble(&self) -> String {
        self.handle.status().trouble.map(|trouble| trouble.code).unwrap_or_default()
    }
}

pub fn recordings(home: &Path) -> Vec<PathBuf> {
    let folder = Folders::under(home).recordings;
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

pub fn speech() -> Vec<f32> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio/demo/00.flac");
    let clip = tawk_audio::decode_file(&file).unwrap();
    tawk_audio::mono_16k(&clip, Default::default()).unwrap()
}

pub fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

//! A running engine on a fake machine, and what a test does with it.

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Handle, Listener, Options, State, Status, Timing};
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
pub(crate) struct Script(pub(crate) Arc<Mutex<Lines>>);

#[derive(Default)]
pub(crate) struct Lines {
    pub(crate) failure: Option<Error>,
    pub(crate) takes: Duration,
    /// What each second of sound takes besides.
    pub(crate) takes_per_second: Duration,
    /// Whether it goes on after an abort, as in the middle of an encode.
    pub(crate) is_deaf: bool,
    /// Instead of “Hello world.”.
    pub(crate) text: Option<String>,
    pub(crate) heard: Vec<usize>,
    /// What is said in turn, before all else.
    pub(crate) words: Vec<&'static str>,
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
            if abort.is_aborted() && !self.0.lock().unwrap().is_deaf {
                return Err(Error::new(ErrorKind::Aborted, "Aborted."));
            }
            thread::sleep(Duration::from_millis(5));
        }
        let mut lines = self.0.lock().unwrap();
        let text = match lines.words.is_empty() {
            true => lines.text.clone().unwrap_or_else(|| "Hello world.".into()),
            false => lines.words.remove(0).into(),
        };
        failure.map_or_else(|| Ok(Recognition { text, ..Recognition::default() }), Err)
    }
}

#[derive(Default)]
pub(crate) struct Log {
    pub(crate) states: Mutex<Vec<State>>,
    pub(crate) windows: Mutex<u32>,
    pub(crate) quits: Mutex<u32>,
    pub(crate) timings: Mutex<Vec<Timing>>,
    pub(crate) permissions: Mutex<Vec<(Permission, PermissionState)>>,
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

    fn timed(&self, timing: &Timing) {
        self.timings.lock().unwrap().push(*timing);
    }

    fn quit(&self) {
        *self.quits.lock().unwrap() += 1;
    }
}

pub(crate) struct World {
    pub(crate) home: tempfile::TempDir,
    pub(crate) machine: FakeHandles,
    pub(crate) script: Script,
    pub(crate) log: Arc<Log>,
    pub(crate) engine: Option<Engine>,
    pub(crate) handle: Handle,
    pub(crate) hotkey: Hotkey,
    /// How often a microphone had been opened before the last press.
    pub(crate) opened: Cell<u64>,
}

pub(crate) fn start_in(home: &Path) -> Result<(Engine, FakeHandles, Script, Arc<Log>)> {
    let script = Script::default();
    let (engine, machine, log) = start_with(home, Arc::new(script.clone()))?;
    Ok((engine, machine, script, log))
}

/// Starts an engine whose models come from `transcribers`.
pub(crate) fn start_with(home: &Path, transcribers: Arc<dyn Transcribers>) -> Result<(Engine, FakeHandles, Arc<Log>)> {
    start_on(home, transcribers, |_| ())
}

/// Starts an engine on a machine that was prepared before.
fn start_on(
    home: &Path,
    transcribers: Arc<dyn Transcribers>,
    prepare: impl FnOnce(&FakeHandles),
) -> Result<(Engine, FakeHandles, Arc<Log>)> {
    let (platform, machine) = Fake::new();
    prepare(&machine);
    machine.microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: 16_000, channels: 1 });
    machine.microphones.set_default(DEFAULT_ID);
    let log = Arc::new(Log::default());
    let engine = tawk_app::start(Options {
        platform,
        folders: Folders::under(home),
        transcribers,
        listener: Arc::clone(&log) as Arc<dyn Listener>,
        is_app: true,
        microphone: None,
        model: None,
    })?;
    Ok((engine, machine, log))
}

impl World {
    pub(crate) fn new() -> Self {
        let script = Script::default();
        Self { script: script.clone(), ..Self::with(Arc::new(script)) }
    }

    /// A world whose machine was prepared before the engine looked at it.
    pub(crate) fn prepared(prepare: impl FnOnce(&FakeHandles)) -> Self {
        let script = Script::default();
        Self { script: script.clone(), ..Self::on(Arc::new(script), prepare) }
    }

    /// A world that hears with `transcribers`.
    pub(crate) fn with(transcribers: Arc<dyn Transcribers>) -> Self {
        Self::on(transcribers, |_| ())
    }

    fn on(transcribers: Arc<dyn Transcribers>, prepare: impl FnOnce(&FakeHandles)) -> Self {
        let home = tempfile::tempdir().unwrap();
        let (engine, machine, log) = start_on(home.path(), transcribers, prepare).unwrap();
        let script = Script::default();
        let handle = engine.handle();
        let hotkey = handle.settings().hotkey();
        Self { home, machine, script, log, engine: Some(engine), handle, hotkey, opened: Cell::new(0) }
    }

    pub(crate) fn press(&self) {
        self.opened.set(self.machine.microphones.times_opened());
        assert_eq!(self.machine.hotkeys.press(&self.hotkey), 1, "somebody listens to the hotkey");
    }

    pub(crate) fn release(&self) {
        self.machine.hotkeys.release(&self.hotkey);
    }

    /// Speaks into the open microphone, all at once.
    pub(crate) fn speak(&self) -> usize {
        self.say(&speech())
    }

    /// Lets the open microphone hear `samples`, all at once.
    pub(crate) fn say(&self, samples: &[f32]) -> usize {
        // The last utterance's stream may still be open: its tail is waited for.
        let opened = || self.machine.microphones.times_opened() > self.opened.get();
        self.wait("the microphone is open", || opened() && self.machine.microphones.open_streams() == 1);
        self.machine.microphones.feed(DEFAULT_ID, samples);
        self.wait("listening", || self.handle.status().state == State::Listening);
        samples.len()
    }

    /// Holds the key for longer than a tap, speaking.
    pub(crate) fn dictate(&self) {
        self.press();
        self.speak();
        thread::sleep(Duration::from_millis(320));
        self.release();
    }

    pub(crate) fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}; {:?}", self.handle.status());
            thread::sleep(Duration::from_millis(5));
        }
    }

    pub(crate) fn wait_for(&self, state: State) {
        self.wait(&format!("{state:?}"), || self.handle.status().state == state);
        self.handle.flush(Duration::from_secs(5));
    }

    pub(crate) fn recordings(&self) -> Vec<PathBuf> {
        recordings(self.home.path())
    }

    pub(crate) fn trouble(&self) -> String {
        self.handle.status().trouble.map(|trouble| trouble.code).unwrap_or_default()
    }
}

pub(crate) fn recordings(home: &Path) -> Vec<PathBuf> {
    let folder = Folders::under(home).recordings;
    let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
    // Those of delivered texts are the history's; see `tests/history.rs`.
    files.filter(|path| !name(path).ends_with("-delivered.wav")).collect()
}

pub(crate) fn speech() -> Vec<f32> {
    clip("demo/00.flac")
}

/// A clip of the test audio, 16 kHz mono.
pub(crate) fn clip(name: &str) -> Vec<f32> {
    let file = repository().join("tests/audio").join(name);
    tawk_audio::mono_16k(&tawk_audio::decode_file(&file).unwrap(), Default::default()).unwrap()
}

/// The clips of a set with what is said in them.
pub(crate) fn set(name: &str) -> Vec<(Vec<f32>, String)> {
    let table = fs::read_to_string(repository().join("tests/audio").join(format!("{name}.tsv"))).unwrap();
    let row = |line: &str| {
        let mut columns = line.split('\t');
        (clip(columns.next().unwrap()), columns.next().unwrap().to_owned())
    };
    table.lines().map(row).collect()
}

pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The model that comes with the repository.
pub(crate) fn fixture() -> PathBuf {
    repository().join("models/ggml-fixture-en-q5_0.bin")
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

//! The engine with the real recogniser on a fake machine, dictated to faster than real time.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Listener, Options, Status, Timing};
use tawk_core::SAMPLE_RATE;
use tawk_core::microphone::StreamFormat;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;
use tawk_whisper::WhisperTranscribers;

/// How long a dictation may take on a machine that has other things to do.
const PATIENCE: Duration = Duration::from_secs(120);

/// So much is heard at once, in samples (48 ms).
const BLOCK: usize = 768;

#[derive(Default)]
struct Ear(Mutex<Vec<Timing>>);

impl Listener for Ear {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {}
    fn timed(&self, timing: &Timing) {
        self.0.lock().unwrap().push(*timing);
    }
}

/// An engine that is dictated to.
pub struct Live {
    engine: Engine,
    machine: FakeHandles,
    ear: Arc<Ear>,
    _home: tempfile::TempDir,
}

/// What came of a dictation.
pub struct Heard {
    pub text: String,
    pub timing: Timing,
    /// How many parts of the text were withheld.
    pub withheld: usize,
}

/// The repository's own model.
pub fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-fixture-en-q5_0.bin")
}

impl Live {
    pub fn start() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (platform, machine) = Fake::new();
        machine.microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: SAMPLE_RATE, channels: 1 });
        machine.microphones.set_default(DEFAULT_ID);
        let ear = Arc::new(Ear::default());
        let engine = tawk_app::start(Options {
            platform,
            folders: Folders::under(home.path()),
            // One thread: as fast on a busy machine, and the text is the same.
            transcribers: Arc::new(WhisperTranscribers::with_threads(1)),
            listener: Arc::clone(&ear) as Arc<dyn Listener>,
            is_app: false,
            microphone: None,
            model: Some(fixture().display().to_string()),
        })
        .unwrap();
        Self { engine, machine, ear, _home: home }
    }

    /// Dictates `samples` (16 kHz mono) `speed` times faster than they were spoken.
    pub fn dictate(&self, samples: &[f32], speed: f32) -> Heard {
        let over = self.ear.0.lock().unwrap().len();
        self.machine.typists.clear();
        let began = Instant::now();
        self.engine.handle().toggle();
        let mut pause = Duration::ZERO;
        for block in samples.chunks(BLOCK) {
            while self.machine.microphones.feed(DEFAULT_ID, block) == 0 {
                assert!(began.elapsed() < PATIENCE, "the microphone was never opened");
                thread::sleep(Duration::from_millis(2));
            }
            pause += Duration::from_secs_f32(block.len() as f32 / SAMPLE_RATE as f32 / speed);
            if pause > Duration::from_millis(1) {
                thread::sleep(std::mem::take(&mut pause));
            }
        }
        self.engine.handle().toggle();
        // The end of the tail: nothing is left in the device.
        thread::sleep(Duration::from_millis(5));
        self.machine.microphones.feed(DEFAULT_ID, &[0.0; 160]);
        while self.ear.0.lock().unwrap().len() == over {
            assert!(began.elapsed() < PATIENCE, "the dictation is never over");
            thread::sleep(Duration::from_millis(2));
        }
        let timing = *self.ear.0.lock().unwrap().last().unwrap();
        Heard { text: self.machine.typists.text(), timing, withheld: self.engine.handle().status().withheld }
    }
}

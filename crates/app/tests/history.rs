//! What the engine remembers of dictations, on a fake machine.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Deaf, Engine, Options, State};
use tawk_core::Result;
use tawk_core::microphone::StreamFormat;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;
use tawk_store::history::Remembered;

/// Says the same whatever it hears.
#[derive(Clone)]
struct Script;

impl Transcribers for Script {
    fn load(&self, _: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        progress(1.0);
        Ok(Box::new(self.clone()))
    }
}

impl Transcriber for Script {
    fn transcribe(&mut self, _: &[f32], _: &RecognitionRequest, _: &AbortSwitch) -> Result<Recognition> {
        Ok(Recognition { text: "Hello world.".into(), ..Recognition::default() })
    }
}

fn start(home: &Path) -> (Engine, FakeHandles) {
    let (platform, machine) = Fake::new();
    machine.microphones.connect(DEFAULT_ID, "Desk Microphone", StreamFormat { rate: 16_000, channels: 1 });
    machine.microphones.set_default(DEFAULT_ID);
    let options = Options {
        platform,
        folders: Folders::under(home),
        transcribers: Arc::new(Script),
        listener: Arc::new(Deaf),
        is_app: true,
        microphone: None,
        model: None,
    };
    (tawk_app::start(options).unwrap(), machine)
}

fn wait(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(20), "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

/// Speaks between two toggles, or up to a cancel.
fn dictate(engine: &Engine, machine: &FakeHandles, cancels: bool) {
    let handle = engine.handle();
    handle.toggle();
    wait("the microphone is open", || machine.microphones.open_streams() == 1);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio/demo/00.flac");
    let clip = tawk_audio::decode_file(&file).unwrap();
    machine.microphones.feed(DEFAULT_ID, &tawk_audio::mono_16k(&clip, Default::default()).unwrap());
    wait("listening", || handle.status().state == State::Listening);
    thread::sleep(Duration::from_millis(100));
    if cancels {
        handle.cancel();
    } else {
        handle.toggle();
    }
    wait("over", || !matches!(handle.status().state, State::Connecting | State::Listening | State::Working));
}

fn remembered(engine: &Engine) -> Vec<Remembered> {
    engine.handle().history("", None, 100).unwrap()
}

fn names(home: &Path) -> Vec<String> {
    let files = fs::read_dir(Folders::under(home).recordings).unwrap();
    files.map(|file| file.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[test]
fn a_typed_text_is_remembered_with_its_recording() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, false);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let one = remembered(&engine).remove(0);
    let dictation = &one.dictation;
    assert_eq!((dictation.text.as_str(), dictation.fate.as_str()), ("Hello world.", "typed"));
    assert_eq!((dictation.untyped.as_deref(), dictation.microphone.as_str()), (None, "Desk Microphone"));
    assert!(dictation.timing.contains_key("release_to_text") && dictation.length_ms > 500, "{dictation:?}");
    assert!(names(home.path())[0].ends_with("-delivered.wav"));

    let handle = engine.handle();
    handle.copy_dictation(one.id).unwrap();
    assert_eq!(machine.clipboard.text().as_deref(), Some("Hello world."));
    handle.delete_dictations(&[one.id]).unwrap();
    assert!(remembered(&engine).is_empty() && names(home.path()).is_empty());
    wait("the last text goes with the last dictation", || handle.last_text().is_none());
}

#[test]
fn a_cancelled_dictation_is_remembered_without_a_text() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, true);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let one = remembered(&engine).remove(0);
    assert_eq!((one.dictation.text.as_str(), one.dictation.fate.as_str()), ("", "cancelled"));
    assert_eq!(engine.handle().copy_dictation(one.id).unwrap_err().kind, tawk_core::ErrorKind::NotFound);
}

#[test]
fn a_quit_loses_nothing_and_the_next_start_has_the_last_text() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, false);
    drop(engine);
    let (engine, _machine) = start(home.path());
    let one = remembered(&engine).remove(0);
    assert!(one.dictation.audio.is_some_and(|path| path.is_file()), "also a recording that was kept at the very end");
    let handle = engine.handle();
    wait("the last text", || handle.last_text().as_deref() == Some("Hello world."));
    assert!(handle.status().has_last_text);
}

#[test]
fn with_the_history_off_nothing_is_written() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(home.path());
    folders.create().unwrap();
    fs::write(folders.settings(), "[history]\nenabled = false\n").unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, false);
    wait("typed", || machine.typists.text() == "Hello world. ");
    drop(engine);
    assert!(names(home.path()).is_empty());
    let data = fs::read_dir(folders.data).unwrap().map(|file| file.unwrap().file_name().to_string_lossy().into_owned());
    let left: Vec<_> = data.filter(|name| name.starts_with("history")).collect();
    assert_eq!(left, [""; 0]);
}

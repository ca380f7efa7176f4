//! What the engine remembers of dictations, on a fake machine.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tawk_app::{Deaf, Engine, Options, State};
use tawk_core::microphone::StreamFormat;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::session::KeepReason;
use tawk_core::{ErrorKind, Result};
use tawk_platform::fake::loudspeakers::Pace;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::history::{RECOVERED, Remembered};
use tawk_store::journal::Fate;
use tawk_store::recording::sound_of;
use tawk_store::{Folders, Recordings};

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

/// A spoken sentence, 16 kHz mono.
fn speech() -> Vec<f32> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio/demo/00.flac");
    tawk_audio::mono_16k(&tawk_audio::decode_file(&file).unwrap(), Default::default()).unwrap()
}

/// What a crash leaves of a dictation that began at `started`.
fn cut_short(home: &Path, started: SystemTime) -> PathBuf {
    let folders = Folders::under(home);
    folders.create().unwrap();
    let mut recording = Recordings::new(&folders).start(started);
    recording.set_microphone("Headset");
    recording.set_app("Notes");
    recording.append(0, &speech());
    recording.flush().unwrap();
    recording.path().unwrap().to_path_buf()
}

/// Recovers what there is and waits for the end of it.
fn recover(engine: &Engine) {
    let handle = engine.handle();
    wait("the offer", || handle.status().recoverable > 0);
    handle.recover();
    wait("nothing left to recover", || handle.status().recoverable == 0);
    wait("the notice", || handle.status().notice.is_some_and(|notice| notice.contains("Copy Last Text")));
}

/// Speaks between two toggles, or up to a cancel.
fn dictate(engine: &Engine, machine: &FakeHandles, cancels: bool) {
    let handle = engine.handle();
    handle.toggle();
    wait("the microphone is open", || machine.microphones.open_streams() == 1);
    machine.microphones.feed(DEFAULT_ID, &speech());
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
    assert_eq!(engine.handle().copy_dictation(one.id).unwrap_err().kind, ErrorKind::NotFound);
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
fn what_quitting_cut_short_is_told_at_the_next_start_until_it_is_recognised() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    let handle = engine.handle();
    handle.toggle();
    wait("the microphone is open", || machine.microphones.open_streams() == 1);
    // The sentence, and silence after which its text is there before the end.
    machine.microphones.feed(DEFAULT_ID, &[speech(), vec![0.0; 3 * 16_000]].concat());
    wait("listening", || handle.status().state == State::Listening);
    thread::sleep(Duration::from_millis(500));
    drop(engine);
    let (engine, _machine) = start(home.path());
    let handle = engine.handle();
    wait("the notice", || handle.status().notice.is_some_and(|notice| notice.contains("Recognise Again")));
    let one = remembered(&engine).remove(0);
    assert_eq!((one.dictation.fate.as_str(), one.dictation.text.as_str()), ("quit", "Hello world."));
    assert!(one.dictation.audio.is_some());
    wait("its text", || handle.last_text().as_deref() == Some("Hello world."));
    handle.recognise_again(one.id, "demo").unwrap();
    wait("recognised", || remembered(&engine)[0].first_text.is_some());
    drop(engine);
    let (engine, _machine) = start(home.path());
    wait("its text", || engine.handle().last_text().is_some());
    assert_eq!(engine.handle().status().notice, None);
}

#[test]
fn every_text_that_was_held_can_be_had_with_the_history_off() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(home.path());
    folders.create().unwrap();
    fs::write(folders.settings(), "[history]\nenabled = false\n").unwrap();
    let (engine, machine) = start(home.path());
    let handle = engine.handle();
    machine.focus.set_secure_input(true);
    dictate(&engine, &machine, false);
    dictate(&engine, &machine, false);
    machine.focus.set_secure_input(false);
    dictate(&engine, &machine, false);
    wait("typed", || machine.typists.text() == "Hello world. ");
    let held = handle.held_texts();
    assert_eq!(
        held.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(),
        ["Hello world."],
        "the same twice is one"
    );
    handle.copy_dictation(held[0].0).unwrap();
    assert_eq!(machine.clipboard.text().as_deref(), Some("Hello world."));
    handle.type_dictation(held[0].0).unwrap();
    wait("typed again", || machine.typists.text() == "Hello world. Hello world. ");
    assert!(remembered(&engine).is_empty());
    handle.delete_history().unwrap();
    assert!(handle.held_texts().is_empty());
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

#[test]
fn what_was_recovered_is_in_the_history_once_with_the_time_at_which_it_was_spoken() {
    let home = tempfile::tempdir().unwrap();
    // Longer ago than the history keeps: what was just recovered stays all the same.
    let started = UNIX_EPOCH + Duration::from_millis(1_600_000_000_123);
    let journal = cut_short(home.path(), started);
    let left = fs::read(&journal).unwrap();
    let (engine, _machine) = start(home.path());
    recover(&engine);
    let one = remembered(&engine).remove(0);
    let dictation = &one.dictation;
    assert_eq!((dictation.text.as_str(), dictation.fate.as_str()), ("Hello world.", RECOVERED));
    assert_eq!((dictation.at_ms, dictation.untyped.as_deref()), (1_600_000_000_123, None));
    assert_eq!((dictation.microphone.as_str(), dictation.app.as_str()), ("Headset", "Notes"));
    assert_eq!(dictation.length_ms, speech().len() as u64 / 16);
    let audio = dictation.audio.clone().unwrap();
    assert!(audio.ends_with("20200913T122640.123Z-held.wav"), "{}", audio.display());

    // A crash came before the journal was removed: it is offered again.
    drop(engine);
    fs::write(&journal, left).unwrap();
    let (engine, _machine) = start(home.path());
    recover(&engine);
    let again = remembered(&engine);
    assert_eq!((again.len(), &again[0]), (1, &one));
    assert_eq!(names(home.path()), ["20200913T122640.123Z-held.wav"]);

    engine.handle().delete_dictations(&[one.id]).unwrap();
    assert!(remembered(&engine).is_empty() && names(home.path()).is_empty());
}

#[test]
fn with_the_history_off_a_recovered_text_is_in_no_history() {
    let home = tempfile::tempdir().unwrap();
    cut_short(home.path(), UNIX_EPOCH + Duration::from_secs(1_600_000_000));
    fs::write(Folders::under(home.path()).settings(), "[history]\nenabled = false\n").unwrap();
    let (engine, _machine) = start(home.path());
    recover(&engine);
    assert_eq!(engine.handle().last_text().as_deref(), Some("Hello world."));
    assert!(remembered(&engine).is_empty());
    assert_eq!(names(home.path()).len(), 1, "the recording stays");
}

#[test]
fn an_undone_cancel_completes_the_dictation_and_its_recording() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, true);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let cancelled = remembered(&engine).remove(0);
    let handle = engine.handle();
    handle.undo();
    wait("typed", || machine.typists.text() == "Hello world. ");
    wait("the recording of a delivered text", || {
        names(home.path()).iter().all(|name| name.ends_with("-delivered.wav"))
    });
    let is_whole = |one: &Remembered| one.dictation.fate == "typed" && one.dictation.audio.is_some();
    wait("completed", || remembered(&engine).iter().all(is_whole));
    let typed = remembered(&engine).remove(0);
    assert_eq!((typed.id, typed.dictation.at_ms), (cancelled.id, cancelled.dictation.at_ms));
    assert_eq!((typed.dictation.text.as_str(), typed.dictation.untyped.as_deref()), ("Hello world.", None));
    assert_eq!(typed.dictation.app, "Editor");

    // The next is one of its own, and leaves the first as it is.
    dictate(&engine, &machine, false);
    wait("the next", || remembered(&engine).len() == 2 && remembered(&engine).iter().all(is_whole));
    assert_eq!(remembered(&engine)[1], typed);
    assert_eq!(names(home.path()).len(), 2);
    drop(engine);
    assert!(names(home.path()).iter().all(|name| name.ends_with("-delivered.wav")));
}

#[test]
fn an_undone_cancel_leaves_no_recording_that_nobody_wanted() {
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(home.path());
    folders.create().unwrap();
    fs::write(folders.settings(), "[history]\naudio = false\n").unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, true);
    wait("kept", || names(home.path()).iter().any(|name| name.ends_with("-cancelled.wav")));
    engine.handle().undo();
    wait("typed", || machine.typists.text() == "Hello world. ");
    wait("removed", || names(home.path()).is_empty());
    wait("completed", || remembered(&engine)[0].dictation.fate == "typed");
    assert_eq!(remembered(&engine)[0].dictation.audio, None);
}

#[test]
fn an_undone_cancel_whose_row_was_deleted_is_remembered_anew() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, true);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let handle = engine.handle();
    handle.delete_dictations(&[remembered(&engine)[0].id]).unwrap();
    handle.undo();
    wait("remembered anew", || remembered(&engine).iter().any(|one| one.dictation.fate == "typed"));
    assert_eq!(remembered(&engine).len(), 1);
    assert!(names(home.path()).is_empty(), "the recording is gone with the row that was deleted");
}

/// Two typed dictations with recordings; their numbers.
fn two_recordings(engine: &Engine, machine: &FakeHandles) -> (i64, i64) {
    for count in 1..=2 {
        dictate(engine, machine, false);
        let all_kept = || remembered(engine).iter().filter(|one| one.dictation.audio.is_some()).count() == count;
        wait("remembered", all_kept);
    }
    let both = remembered(engine);
    (both[1].id, both[0].id)
}

#[test]
fn a_recording_whose_run_died_before_it_was_remembered_is_remembered_at_the_next() {
    let home = tempfile::tempdir().unwrap();
    let started = SystemTime::now() - Duration::from_secs(60);
    let mut recording = Recordings::new(&Folders::under(home.path())).start(started);
    Folders::under(home.path()).create().unwrap();
    recording.append(0, &speech());
    let kept = recording.seal(Fate::Kept(KeepReason::Failed)).unwrap();
    drop(recording);
    for _ in 0..2 {
        let (engine, _machine) = start(home.path());
        wait("the row", || !remembered(&engine).is_empty());
        let all = remembered(&engine);
        let one = &all[0].dictation;
        assert_eq!((all.len(), one.fate.as_str(), one.audio.as_deref()), (1, "failed", Some(kept.as_path())));
        assert!(one.length_ms > 1000 && one.text.is_empty(), "{one:?}");
    }
}

#[test]
fn a_recording_is_played_to_its_end() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, false);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let one = remembered(&engine).remove(0);
    let handle = engine.handle();
    handle.play_dictation(one.id).unwrap();
    let loudspeakers = &machine.loudspeakers;
    wait("the end", || handle.status().playing.is_none() && loudspeakers.open_streams() == 0);
    let recorded: Vec<f32> = sound_of(one.dictation.audio.as_ref().unwrap()).unwrap().collect();
    // Three samples for one, and 150 ms of silence after it.
    let played = loudspeakers.played();
    assert_eq!(played.len(), recorded.len() * 3 + 150 * 48);
    let loudest = |sound: &[f32]| sound.iter().fold(0.0_f32, |most, sample| most.max(sample.abs()));
    let difference = loudest(&played) - loudest(&recorded);
    assert!(difference.abs() < 0.1, "as loud as it was spoken: {difference}");

    fs::remove_file(one.dictation.audio.unwrap()).unwrap();
    assert_eq!(handle.play_dictation(one.id).unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(handle.play_dictation(99).unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn one_recording_is_played_at_a_time_and_none_into_a_dictation() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    let (first, second) = two_recordings(&engine, &machine);
    let (handle, loudspeakers) = (engine.handle(), &machine.loudspeakers);
    loudspeakers.set_pace(Pace::Slow);
    let is_playing = |which: Option<i64>| {
        let streams = usize::from(which.is_some());
        wait("what is being played", || handle.status().playing == which && loudspeakers.open_streams() == streams);
    };
    handle.play_dictation(first).unwrap();
    is_playing(Some(first));
    handle.play_dictation(second).unwrap();
    is_playing(Some(second));
    handle.stop_playing();
    is_playing(None);
    handle.play_dictation(first).unwrap();
    is_playing(Some(first));
    dictate(&engine, &machine, false);
    is_playing(None);
    handle.play_dictation(second).unwrap();
    is_playing(Some(second));
    handle.delete_dictations(&[first]).unwrap();
    assert_eq!(handle.status().playing, Some(second), "another was deleted");
    handle.delete_dictations(&[second]).unwrap();
    is_playing(None);
}

#[test]
fn a_loudspeaker_that_is_away_or_takes_nothing_is_told() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, false);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let (handle, id) = (engine.handle(), remembered(&engine)[0].id);
    machine.loudspeakers.set_away(true);
    assert_eq!(handle.play_dictation(id).unwrap_err().kind, ErrorKind::Unsupported);
    assert_eq!(handle.status().playing, None);
    machine.loudspeakers.set_away(false);
    machine.loudspeakers.set_pace(Pace::Stuck);
    handle.play_dictation(id).unwrap();
    wait("the trouble", || handle.status().trouble.is_some_and(|trouble| trouble.message.contains("takes no sound")));
    wait("the end", || handle.status().playing.is_none() && machine.loudspeakers.open_streams() == 0);
}

#[test]
fn a_recording_is_recognised_again_beside_dictations() {
    let home = tempfile::tempdir().unwrap();
    let (engine, machine) = start(home.path());
    dictate(&engine, &machine, true);
    wait("remembered", || remembered(&engine).iter().any(|one| one.dictation.audio.is_some()));
    let (handle, id) = (engine.handle(), remembered(&engine)[0].id);
    handle.recognise_again(id, "demo").unwrap();
    wait("the text", || remembered(&engine)[0].dictation.text == "Hello world.");
    wait("the end", || handle.status().recognising_again.is_none());
    assert_eq!(remembered(&engine)[0].dictation.model, "demo");
    assert_eq!(handle.recognise_again(99, "demo").unwrap_err().kind, ErrorKind::NotFound);
    handle.recognise_again(id, "no-such-model").unwrap();
    wait("the trouble", || handle.status().trouble.is_some_and(|trouble| trouble.code == "not-found"));
}

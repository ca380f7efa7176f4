//! The engine with all its threads on a fake machine: real speech in, a scripted recogniser, fake keys out.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Handle, Listener, Options, Request, State, Status};
use tawk_core::hotkey::Hotkey;
use tawk_core::microphone::StreamFormat;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{DeskEvent, KeyEdge, Sound, Target, Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;

/// Says the same whatever it hears; or fails, or takes its time.
#[derive(Clone, Default)]
struct Script(Arc<Mutex<Lines>>);

#[derive(Default)]
struct Lines {
    failure: Option<Error>,
    takes: Duration,
    heard: Vec<usize>,
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
            (lines.failure.clone(), lines.takes)
        };
        let began = Instant::now();
        while began.elapsed() < takes {
            if abort.is_aborted() {
                return Err(Error::new(ErrorKind::Aborted, "Aborted."));
            }
            thread::sleep(Duration::from_millis(5));
        }
        failure.map_or_else(|| Ok(Recognition { text: "Hello world.".into(), ..Recognition::default() }), Err)
    }
}

#[derive(Default)]
struct Log {
    states: Mutex<Vec<State>>,
    windows: Mutex<u32>,
    quits: Mutex<u32>,
    permissions: Mutex<Vec<(Permission, PermissionState)>>,
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

struct World {
    home: tempfile::TempDir,
    machine: FakeHandles,
    script: Script,
    log: Arc<Log>,
    engine: Option<Engine>,
    handle: Handle,
    hotkey: Hotkey,
    /// How often a microphone had been opened before the last press.
    opened: Cell<u64>,
}

fn start_in(home: &Path) -> Result<(Engine, FakeHandles, Script, Arc<Log>)> {
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
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (engine, machine, script, log) = start_in(home.path()).unwrap();
        let handle = engine.handle();
        let hotkey = handle.settings().hotkey();
        Self { home, machine, script, log, engine: Some(engine), handle, hotkey, opened: Cell::new(0) }
    }

    fn press(&self) {
        self.opened.set(self.machine.microphones.times_opened());
        assert_eq!(self.machine.hotkeys.press(&self.hotkey), 1, "somebody listens to the hotkey");
    }

    fn release(&self) {
        self.machine.hotkeys.release(&self.hotkey);
    }

    /// Speaks into the open microphone, all at once.
    fn speak(&self) -> usize {
        // The last utterance's stream may still be open: its tail is waited for.
        let opened = || self.machine.microphones.times_opened() > self.opened.get();
        self.wait("the microphone is open", || opened() && self.machine.microphones.open_streams() == 1);
        let samples = speech();
        self.machine.microphones.feed(DEFAULT_ID, &samples);
        self.wait("listening", || self.handle.status().state == State::Listening);
        samples.len()
    }

    /// Holds the key for longer than a tap, speaking.
    fn dictate(&self) {
        self.press();
        self.speak();
        thread::sleep(Duration::from_millis(320));
        self.release();
    }

    fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}; {:?}", self.handle.status());
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn wait_for(&self, state: State) {
        self.wait(&format!("{state:?}"), || self.handle.status().state == state);
        self.handle.flush(Duration::from_secs(5));
    }

    fn recordings(&self) -> Vec<PathBuf> {
        recordings(self.home.path())
    }

    fn trouble(&self) -> String {
        self.handle.status().trouble.map(|trouble| trouble.code).unwrap_or_default()
    }
}

fn recordings(home: &Path) -> Vec<PathBuf> {
    let folder = Folders::under(home).recordings;
    fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect()
}

fn speech() -> Vec<f32> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/audio/demo/00.flac");
    let clip = tawk_audio::decode_file(&file).unwrap();
    tawk_audio::mono_16k(&clip, Default::default()).unwrap()
}

fn name(path: &Path) -> String {
    path.file_name().unwrap().to_string_lossy().into_owned()
}

#[test]
fn held_spoken_typed() {
    let world = World::new();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert_eq!(world.recordings(), Vec::<PathBuf>::new());
    assert_eq!(world.handle.last_text().as_deref(), Some("Hello world."));
    let sounds: Vec<Sound> = world.machine.sounds.played().into_iter().map(|(sound, _)| sound).collect();
    assert_eq!(sounds, [Sound::Start, Sound::Stop]);
    let states = world.log.states.lock().unwrap().clone();
    assert_eq!(
        states.iter().rev().take(4).rev().copied().collect::<Vec<_>>(),
        [State::Connecting, State::Listening, State::Working, State::Idle]
    );
}

#[test]
fn a_tap_toggles() {
    let world = World::new();
    world.press();
    world.release();
    world.speak();
    thread::sleep(Duration::from_millis(400));
    assert_eq!(world.handle.status().state, State::Listening);
    world.press();
    thread::sleep(Duration::from_millis(100));
    assert_eq!(world.machine.typists.text(), "", "never while the key is down");
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
}

#[test]
fn ten_in_a_row_keep_their_order_and_leave_nothing() {
    let world = World::new();
    for _ in 0..10 {
        world.dictate();
    }
    world.wait("typed", || world.machine.typists.typings().len() == 10);
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "Hello world. ".repeat(10));
    assert!(world.recordings().is_empty());
}

#[test]
fn cancel_types_nothing_and_keeps_the_recording() {
    let world = World::new();
    world.press();
    let samples = world.speak();
    world.handle.cancel();
    world.release();
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "");
    let kept = world.recordings();
    assert_eq!(kept.len(), 1);
    assert!(name(&kept[0]).ends_with("-cancelled.wav"), "{kept:?}");
    let clip = tawk_audio::decode_file(&kept[0]).unwrap();
    assert_eq!(clip.samples.len(), samples, "every sample that was heard");
}

#[test]
fn cancel_while_recognising_types_nothing_late() {
    let world = World::new();
    world.script.0.lock().unwrap().takes = Duration::from_secs(5);
    world.dictate();
    world.wait("recognising", || !world.script.0.lock().unwrap().heard.is_empty());
    world.handle.cancel();
    world.wait_for(State::Idle);
    // The aborted recogniser can be used again at once.
    world.script.0.lock().unwrap().takes = Duration::ZERO;
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
}

#[test]
fn silence_types_nothing() {
    let world = World::new();
    world.press();
    world.wait("open", || world.machine.microphones.open_streams() > 0);
    world.machine.microphones.feed(DEFAULT_ID, &vec![0.0; 16_000]);
    thread::sleep(Duration::from_millis(400));
    world.release();
    world.wait("over", || world.log.states.lock().unwrap().contains(&State::Working));
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "");
    assert!(world.script.0.lock().unwrap().heard.is_empty(), "the recogniser was not even asked");
}

#[test]
fn the_focus_that_moved_gets_nothing() {
    let world = World::new();
    world.script.0.lock().unwrap().takes = Duration::from_secs(1);
    world.dictate();
    world.wait_for(State::Working);
    world.machine.focus.move_to(2, "Chat");
    world.wait_for(State::Trouble);
    assert_eq!(world.machine.typists.text(), "");
    assert_eq!(world.trouble(), "focus-moved");
    assert_eq!(world.handle.last_text().as_deref(), Some("Hello world. "));
    world.handle.copy_last_text().unwrap();
    assert_eq!(world.machine.clipboard.text().as_deref(), Some("Hello world. "));
    assert!(name(&world.recordings()[0]).ends_with("-held.wav"));
}

#[test]
fn a_password_field_gets_nothing() {
    let world = World::new();
    world.machine.focus.set_secure_input(true);
    world.dictate();
    world.wait_for(State::Trouble);
    assert_eq!((world.machine.typists.text().as_str(), world.trouble().as_str()), ("", "secure-input"));
    assert!(world.handle.last_text().is_some());
}

#[test]
fn secure_input_that_a_program_forgot_is_told_with_its_name_and_ends() {
    let world = World::new();
    world.machine.focus.set_secure_input(true);
    world.machine.focus.set_secure_input_holder(Some(Target { id: 77, app: "Wallet".into() }));
    world.dictate();
    world.wait_for(State::Trouble);
    let trouble = world.handle.status().trouble.unwrap();
    assert_eq!(trouble.code, "secure-input");
    assert!(trouble.message.contains("Wallet") && trouble.message.contains("Copy Last Text"), "{}", trouble.message);
    assert_eq!(world.machine.typists.text(), "");
    world.machine.focus.set_secure_input(false);
    world.dictate();
    world.wait("the next dictation is typed", || world.machine.typists.text() == "Hello world. ");
}

#[test]
fn a_lost_microphone_loses_no_word() {
    let world = World::new();
    world.press();
    world.speak();
    world.machine.microphones.disconnect(DEFAULT_ID);
    thread::sleep(Duration::from_millis(320));
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Trouble);
    assert_eq!(world.trouble(), "microphone-lost");
    assert_eq!(world.recordings().len(), 1);
}

#[test]
fn microphones_that_cannot_be_opened_say_why() {
    let world = World::new();
    world.machine.microphones.set_busy(DEFAULT_ID, true);
    world.press();
    world.release();
    world.wait_for(State::Trouble);
    assert_eq!(world.trouble(), "microphone-busy");
    assert!(world.recordings().is_empty(), "an empty recording is not kept");
    world.machine.microphones.set_busy(DEFAULT_ID, false);
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    assert_eq!(world.trouble(), "");
}

#[test]
fn a_recogniser_that_fails_keeps_the_recording() {
    let world = World::new();
    world.script.0.lock().unwrap().failure = Some(Error::new(ErrorKind::BadModel, "The model is damaged."));
    world.dictate();
    world.wait_for(State::Trouble);
    assert_eq!(world.trouble(), "bad-model");
    assert!(name(&world.recordings()[0]).ends_with("-failed.wav"));
}

#[test]
fn the_lock_screen_keeps_but_does_not_type() {
    let world = World::new();
    world.press();
    world.speak();
    world.machine.desk.fire(DeskEvent::Locked);
    world.wait("kept", || world.recordings().iter().any(|path| name(path).ends_with("-locked.wav")));
    assert_eq!(world.machine.typists.text(), "");
}

#[test]
fn ending_in_the_middle_keeps_the_recording() {
    let mut world = World::new();
    world.press();
    let samples = world.speak();
    world.engine = None;
    let kept = world.recordings();
    assert_eq!(kept.len(), 1);
    assert!(name(&kept[0]).ends_with("-quit.wav"), "{kept:?}");
    assert_eq!(tawk_audio::decode_file(&kept[0]).unwrap().samples.len(), samples);
    assert_eq!(*world.log.quits.lock().unwrap(), 1);
}

#[test]
fn a_disk_that_cannot_be_written_does_not_stop_the_dictation() {
    let world = World::new();
    let folder = Folders::under(world.home.path()).recordings;
    fs::remove_dir_all(&folder).unwrap();
    fs::write(&folder, "in the way").unwrap();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait("told", || world.trouble() == "storage");
}

#[test]
fn the_hotkey_can_be_changed_while_running() {
    let world = World::new();
    world.handle.set("dictation.hotkey", &"F13".into()).unwrap();
    let new: Hotkey = "F13".parse().unwrap();
    assert_eq!(world.machine.hotkeys.registered(), [new]);
    world.machine.hotkeys.take("F14".parse().unwrap());
    let taken = world.handle.set("dictation.hotkey", &"F14".into()).unwrap_err();
    assert_eq!(taken.kind, ErrorKind::HotkeyTaken);
    assert_eq!(world.machine.hotkeys.registered(), [new]);
    assert_eq!(world.handle.settings().hotkey(), new);
    world.handle.set("dictation.hotkey", &"default".into()).unwrap();
    let default: Hotkey = tawk_platform::default_hotkey().parse().unwrap();
    assert_eq!(world.machine.hotkeys.registered(), [default]);
    assert_eq!(world.handle.settings().hotkey(), default);
    assert_eq!(world.handle.set("dictation.hotkey", &"Q".into()).unwrap_err().kind, ErrorKind::BadSettings);
    assert_eq!(world.handle.set("dictation.tap_ms", &7.into()).unwrap_err().kind, ErrorKind::Usage);
}

#[test]
fn the_chosen_microphone_is_heard_and_no_other() {
    let world = World::new();
    world.machine.microphones.connect("fake:b", "Headset", StreamFormat { rate: 48_000, channels: 2 });
    world.handle.set("microphone.id", &"fake:b".into()).unwrap();
    world.press();
    world.wait("open", || world.machine.microphones.open_streams() == 1);
    assert_eq!(world.machine.microphones.feed(DEFAULT_ID, &speech()), 0);
    assert_eq!(world.machine.microphones.feed("fake:b", &[0.0; 960]), 1);
    world.wait("named", || world.handle.status().microphone == "Headset");
    world.handle.cancel();
    // A choice that is away stays the choice: no other microphone is taken in its place.
    world.release();
    world.machine.microphones.disconnect("fake:b");
    world.wait("over", || world.machine.microphones.open_streams() == 0);
    world.press();
    world.release();
    world.wait("told", || world.trouble() == "no-microphone");
    assert_eq!(world.handle.settings().microphone.id, "fake:b");
}

#[test]
fn the_socket_makes_the_app_single_and_serves_commands() {
    let world = World::new();
    assert_eq!(start_in(world.home.path()).err().map(|error| error.kind), Some(ErrorKind::AlreadyRunning));
    let folders = Folders::under(world.home.path());
    tawk_app::send(&folders, Request::Open).unwrap();
    world.wait("window", || *world.log.windows.lock().unwrap() == 1);
    tawk_app::send(&folders, Request::Toggle).unwrap();
    world.speak();
    assert_eq!(tawk_app::send(&folders, Request::Status).unwrap().status.state, State::Listening);
    tawk_app::send(&folders, Request::Toggle).unwrap();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    tawk_app::send(&folders, Request::Quit).unwrap();
    world.wait("quit", || *world.log.quits.lock().unwrap() == 1);
}

#[test]
fn the_socket_is_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = World::new();
    let socket = Folders::under(world.home.path()).socket().unwrap();
    assert_eq!(fs::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(socket.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_taken_hotkey_is_told_and_does_not_stop_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    machine.hotkeys.take(tawk_platform::default_hotkey().parse().unwrap());
    let engine = tawk_app::start(Options {
        platform,
        folders: Folders::under(home.path()),
        transcribers: Arc::new(Script::default()),
        listener: Arc::new(tawk_app::Deaf),
        is_app: true,
        microphone: None,
        model: None,
    })
    .unwrap();
    let handle = engine.handle();
    handle.flush(Duration::from_secs(5));
    assert_eq!(handle.status().trouble.map(|trouble| trouble.code).as_deref(), Some("hotkey-taken"));
    handle.set("dictation.hotkey", &"F13".into()).unwrap();
    handle.flush(Duration::from_secs(5));
    assert_eq!(handle.status().trouble, None);
}

#[test]
fn the_doctor_names_the_demo_model_and_a_missing_microphone() {
    let world = World::new();
    let report = world.handle.doctor();
    let message = |id: &str| {
        report.checks.iter().find(|check| check.id == id).map(|check| (check.state, check.message.clone())).unwrap()
    };
    assert_eq!(message("microphone").0, tawk_app::CheckState::Good);
    let (state, text) = message("model");
    assert_eq!(state, tawk_app::CheckState::Warning);
    assert!(text.contains("demo"), "{text}");
    world.machine.microphones.disconnect(DEFAULT_ID);
    assert_eq!(world.handle.doctor().worst(), tawk_app::CheckState::Bad);
}

#[test]
fn a_pause_is_enough_to_have_the_text_ready_at_release() {
    let world = World::new();
    world.script.0.lock().unwrap().takes = Duration::from_millis(300);
    world.press();
    world.speak();
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 8_000]);
    world.wait("recognised ahead", || !world.script.0.lock().unwrap().heard.is_empty());
    thread::sleep(Duration::from_millis(400));
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 1_600]);
    world.release();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    assert_eq!(world.script.0.lock().unwrap().heard.len(), 1, "the draft was the answer; nothing was recognised twice");
}

#[test]
fn a_hotkey_that_waits_for_a_permission_is_heard_once_it_is_granted() {
    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    machine.permissions.set(Permission::Typing, PermissionState::NotAsked);
    machine.hotkeys.fail_with(Some(Error::new(ErrorKind::TypingDenied, "Not allowed.")));
    let log = Arc::new(Log::default());
    let engine = tawk_app::start(Options {
        platform,
        folders: Folders::under(home.path()),
        transcribers: Arc::new(Script::default()),
        listener: Arc::clone(&log) as Arc<dyn Listener>,
        is_app: true,
        microphone: None,
        model: None,
    })
    .unwrap();
    let handle = engine.handle();
    let wait = |what: &str, condition: &dyn Fn() -> bool| {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}");
            thread::sleep(Duration::from_millis(5));
        }
    };
    let last_told = || log.permissions.lock().unwrap().iter().rfind(|(p, _)| *p == Permission::Typing).map(|(_, s)| *s);
    wait("the state is told", &|| last_told() == Some(PermissionState::NotAsked));
    assert_eq!(machine.permissions.requested(), [], "nothing is asked for before the user wants it");
    let trouble = || handle.status().trouble.map(|trouble| trouble.code);
    wait("the hotkey's trouble is told", &|| trouble().as_deref() == Some("typing-denied"));

    handle.request_permission(Permission::Typing).unwrap();
    wait("the prompt", &|| machine.permissions.requested() == [Permission::Typing]);
    // The wish again: the prompt is not repeated, the settings open.
    handle.request_permission(Permission::Typing).unwrap();
    wait("the settings", &|| machine.permissions.opened() == [Permission::Typing]);
    assert_eq!(machine.permissions.requested(), [Permission::Typing]);

    // The user switches Tawk on and does nothing else. The grant is stale at first.
    machine.permissions.set_works(Permission::Typing, false);
    machine.permissions.set(Permission::Typing, PermissionState::Granted);
    wait("the stale grant is noticed", &|| last_told() == Some(PermissionState::Stale));
    assert_eq!(machine.hotkeys.registered(), []);
    handle.request_permission(Permission::Typing).unwrap();
    wait("the repair", &|| machine.permissions.were_reset() == [Permission::Typing]);
    wait("one prompt after it", &|| machine.permissions.requested() == [Permission::Typing; 2]);

    machine.hotkeys.fail_with(None);
    machine.permissions.set(Permission::Typing, PermissionState::Granted);
    wait("the grant is noticed", &|| last_told() == Some(PermissionState::Granted));
    wait("the hotkey is heard", &|| machine.hotkeys.registered() == [handle.settings().hotkey()]);
    wait("the trouble is over", &|| trouble().is_none());
    assert_eq!(machine.permissions.opened(), [Permission::Typing]);
}

#[test]
fn a_press_that_belongs_to_another_chord_leaves_nothing() {
    let world = World::new();
    world.press();
    world.speak();
    world.machine.hotkeys.fire(&world.hotkey, KeyEdge::Cancelled, Instant::now());
    world.wait_for(State::Idle);
    assert_eq!(world.machine.typists.text(), "");
    assert_eq!(world.recordings(), Vec::<PathBuf>::new());
    world.dictate();
    world.wait("the next dictation is typed", || !world.machine.typists.text().is_empty());
}

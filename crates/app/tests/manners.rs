//! What the engine leaves to the machine around it: sleep held off only while somebody dictates, and nothing on the disk
//! once everything is to be deleted.
#![allow(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Engine, Handle, Listener, Models, Options, State, Status};
use tawk_core::login_item::LoginItem;
use tawk_core::microphone::StreamFormat;
use tawk_core::permission::{Permission, PermissionState, not_heard};
use tawk_core::place::Place;
use tawk_core::ports::{DeskEvent, Transcriber, Transcribers};
use tawk_core::{Error, ErrorKind, Result};
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_platform::fake::{Fake, FakeHandles};
use tawk_store::Folders;

/// There is no model: a dictation fails after it was spoken.
struct NoModel;

impl Transcribers for NoModel {
    fn load(&self, _: &Path, _: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        Err(Error::new(ErrorKind::NoModel, "There is no model. Get one."))
    }
}

/// Counts how often it was to quit.
#[derive(Default)]
struct Quits(AtomicU32);

impl Listener for Quits {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

struct World {
    home: tempfile::TempDir,
    quits: Arc<Quits>,
    machine: FakeHandles,
    engine: Option<Engine>,
    handle: Handle,
}

impl World {
    fn new() -> Self {
        let home = tempfile::tempdir().unwrap();
        let (platform, machine) = Fake::new();
        machine.microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: 16_000, channels: 1 });
        machine.microphones.set_default(DEFAULT_ID);
        let quits = Arc::new(Quits::default());
        let engine = tawk_app::start(Options {
            platform,
            folders: Folders::under(home.path()),
            transcribers: Arc::new(NoModel),
            listener: Arc::clone(&quits) as Arc<dyn Listener>,
            is_app: true,
            microphone: None,
            model: None,
        })
        .unwrap();
        let handle = engine.handle();
        Self { home, quits, machine, engine: Some(engine), handle }
    }

    #[track_caller]
    fn wait(&self, what: &str, mut done: impl FnMut() -> bool) {
        let end = Instant::now() + Duration::from_secs(20);
        while !done() {
            assert!(Instant::now() < end, "it does not come: {what}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Starts a dictation and waits until the microphone is open.
    fn begin(&self) {
        self.handle.toggle();
        self.wait("an open microphone", || self.machine.microphones.open_streams() == 1);
        self.machine.microphones.feed(DEFAULT_ID, &[0.1; 1600]);
        self.wait("samples", || self.handle.status().state == State::Listening);
    }

    fn held(&self) -> usize {
        self.machine.wakefulness.held()
    }
}

#[test]
fn sleep_is_held_off_from_the_start_of_a_dictation_to_its_end() {
    let world = World::new();
    assert_eq!((world.held(), world.machine.wakefulness.times()), (0, 0));
    for times in 1..=2 {
        world.begin();
        world.wait("sleep is held off", || world.held() == 1);
        world.handle.toggle();
        world.wait("sleep is allowed", || world.held() == 0);
        assert_eq!(world.machine.wakefulness.times(), times);
    }
}

#[test]
fn the_app_is_never_slowed_down_while_it_runs() {
    let mut world = World::new();
    let port = world.machine.wakefulness.clone();
    world.wait("it attends", || port.attended() == 1);
    assert_eq!((world.held(), port.times()), (0, 0));
    world.begin();
    world.handle.toggle();
    world.wait("the end of the dictation", || port.times() == 1 && port.held() == 0);
    assert_eq!(port.attended(), 1);
    drop(world.engine.take());
    world.wait("its end", || port.attended() == 0);
}

#[test]
fn every_end_lets_the_machine_sleep() {
    let world = World::new();
    let ends: [(&str, &dyn Fn()); 4] = [
        ("cancelled", &|| world.handle.cancel()),
        ("locked", &|| assert_eq!(world.machine.desk.fire(DeskEvent::Locked), 1)),
        ("asleep", &|| assert_eq!(world.machine.desk.fire(DeskEvent::Sleeping), 1)),
        ("microphone lost", &|| world.machine.microphones.disconnect(DEFAULT_ID)),
    ];
    for (name, end) in ends {
        world.begin();
        world.wait("sleep is held off", || world.held() == 1);
        end();
        world.wait(name, || world.held() == 0);
    }
}

#[test]
fn the_end_of_the_engine_lets_the_machine_sleep() {
    let mut world = World::new();
    world.begin();
    world.wait("sleep is held off", || world.held() == 1);
    drop(world.engine.take());
    world.wait("sleep is allowed", || world.held() == 0);
}

#[test]
fn a_system_that_does_not_answer_holds_nothing_up() {
    let world = World::new();
    world.machine.wakefulness.set_stuck(true);
    world.begin();
    // It is asked by a thread of its own, which may be later than the first samples.
    world.wait("it was asked", || world.machine.wakefulness.times() == 1);
    // It answers only after the dictation is over: nothing may be held then.
    world.handle.cancel();
    world.wait("rest", || world.handle.status().state != State::Listening);
    world.machine.wakefulness.set_stuck(false);
    world.handle.flush(Duration::from_secs(5));
    world.wait("sleep is allowed", || world.held() == 0);
    // The thread is as good as new.
    world.begin();
    world.wait("sleep is held off", || world.held() == 1);
}

#[test]
fn a_machine_without_such_a_thing_dictates_all_the_same() {
    let world = World::new();
    world.machine.wakefulness.set_lacking(true);
    world.begin();
    world.wait("it was asked", || world.machine.wakefulness.times() == 1);
    assert_eq!(world.held(), 0);
}

#[test]
fn starting_at_login_is_the_systems_word() {
    let world = World::new();
    assert_eq!(world.handle.login_item(), LoginItem::Off);
    assert_eq!(world.handle.set_login_item(true), Ok(LoginItem::On));
    // The user takes it back in the system's settings.
    world.machine.login_items.set_state(LoginItem::NeedsApproval);
    assert_eq!(world.handle.login_item(), LoginItem::NeedsApproval);
    world.handle.open_login_items().unwrap();
    assert_eq!(world.machine.login_items.times_opened(), 1);
    world.machine.login_items.answer_with(Err(Error::new(ErrorKind::Unsupported, "No. Do it yourself.")));
    assert_eq!(world.handle.set_login_item(false).unwrap_err().kind, ErrorKind::Unsupported);
}

/// The demo model, which Tawk writes into the models' folder by itself.
const DEMO: &str = "ggml-fixture-en-q5_0.bin";

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

#[test]
fn everything_is_deleted_in_the_midst_of_a_dictation_and_nothing_comes_back() {
    let mut world = World::new();
    world.handle.set("sound.enabled", &false.into()).unwrap();
    world.handle.set_login_item(true).unwrap();
    fs::write(world.home.path().join("data/models/own.bin"), "weights").unwrap();
    world.begin();
    world.wait("a recording", || {
        files(world.home.path()).iter().any(|file| file.extension().is_some_and(|e| e == "journal"))
    });

    let erased = world.handle.erase(Models::Keep).unwrap();
    assert_eq!(erased.failed, Vec::<String>::new());
    for what in ["Settings", "Recordings (1 file)", "The start at login"] {
        assert!(erased.removed.iter().any(|line| line.starts_with(what)), "{what}: {:?}", erased.removed);
    }
    assert_eq!(erased.left.len(), 1);
    assert_eq!((world.handle.erased(), world.handle.login_item()), (Some(Models::Keep), LoginItem::Off));

    // Whatever is asked of it now, it writes nothing.
    let status = world.handle.status();
    assert_eq!((status.state, status.trouble.unwrap().code.as_str()), (State::Trouble, "not-running"));
    assert!(world.machine.hotkeys.registered().is_empty());
    world.handle.toggle();
    for refused in [
        world.handle.set("sound.enabled", &true.into()),
        world.handle.fetch_model("base.en-q5_1"),
        world.handle.set_login_item(true).map(drop),
    ] {
        assert_eq!(refused.unwrap_err().kind, ErrorKind::NotRunning);
    }
    world.handle.flush(Duration::from_millis(200));
    let left = files(world.home.path());
    let names: Vec<_> = left.iter().filter_map(|file| file.file_name()?.to_str()).collect();
    assert!(names.iter().all(|name| ["own.bin", DEMO, "tawk.lock", "tawk.sock"].contains(name)), "{names:?}");

    // The face quits only when the user has read what became of everything.
    assert_eq!(world.quits.0.load(Ordering::Relaxed), 0);
    world.handle.quit();
    assert_eq!(world.quits.0.load(Ordering::Relaxed), 1);
    drop(world.engine.take());
    tawk_app::erase_rest(&Folders::under(world.home.path()), Models::Keep);
    assert!(files(world.home.path()).iter().all(|file| file.starts_with(world.home.path().join("data/models"))));
    assert!(world.home.path().join("data/models/own.bin").is_file());
}

#[test]
fn a_second_erase_may_take_the_models_too() {
    let world = World::new();
    fs::write(world.home.path().join("data/models/own.bin"), "weights").unwrap();
    world.handle.erase(Models::Keep).unwrap();
    let erased = world.handle.erase(Models::Delete).unwrap();
    assert!(erased.removed.iter().any(|line| line.starts_with("Models (")), "{:?}", erased.removed);
    assert!(!world.home.path().join("data/models").exists());
    assert_eq!(world.handle.erased(), Some(Models::Delete));
}

#[test]
fn a_hotkey_that_is_lost_while_tawk_runs_is_told_until_it_is_back() {
    let world = World::new();
    let trouble = || world.handle.status().trouble.map(|trouble| (trouble.code, trouble.message));
    assert_eq!(trouble(), None);
    let lost = not_heard("RightAlt", false, true);
    world.machine.hotkeys.lose(Some(lost.clone()));
    world.wait("the trouble is told", || trouble() == Some(("typing-denied".into(), lost.message.clone())));
    assert_eq!(world.handle.status().state, State::Trouble);
    // A dictation from the menu does not hide it for good.
    world.begin();
    world.handle.cancel();
    world.wait("it is told again", || world.handle.status().state == State::Trouble && trouble().is_some());
    world.machine.hotkeys.lose(None);
    world.wait("the trouble is over", || trouble().is_none() && world.handle.status().state == State::Idle);
}

#[test]
fn a_hotkey_that_is_pressed_in_vain_is_told_until_the_next_dictation() {
    let world = World::new();
    let trouble = || world.handle.status().trouble.map(|trouble| trouble.message);
    let reason = Error::new(ErrorKind::SecureInput, "Wallet keeps the keyboard to itself.");
    world.machine.hotkeys.refuse(reason.clone());
    world.wait("it is told", || trouble() == Some(reason.message.clone()));
    assert_eq!(world.handle.status().state, State::Trouble);
    world.wait("the user is notified", || world.machine.notifications.shown() == [reason.message.clone()]);
    world.begin();
    assert_eq!(trouble(), None);
    world.handle.cancel();
    world.wait("the end", || world.handle.status().state == State::Idle);
    world.machine.hotkeys.refuse(reason.clone());
    world.wait("it is told again", || trouble().is_some() && world.machine.notifications.shown().len() == 2);
}

#[test]
fn a_hotkey_that_is_back_leaves_the_other_trouble_standing() {
    let world = World::new();
    fs::write(world.home.path().join("config/settings.toml"), "[sound]\nvolume = 7.0\n").unwrap();
    world.handle.set("sound.enabled", &true.into()).unwrap();
    assert_eq!(world.handle.settings_problems().len(), 1);
    world.machine.hotkeys.lose(Some(not_heard("RightAlt", false, true)));
    world.machine.hotkeys.lose(None);
    world.wait("the bad setting is told", || {
        world.handle.status().trouble.is_some_and(|trouble| trouble.code == "bad-settings")
    });
}

#[test]
fn listening_is_of_no_matter_to_a_chord_and_repaired_for_a_key_alone() {
    let world = World::new();
    for permission in [Permission::Typing, Permission::Listening] {
        world.machine.permissions.set(permission, PermissionState::Denied);
    }
    world.handle.set("dictation.hotkey", &"Ctrl+Alt+Space".into()).unwrap();
    assert_eq!(world.handle.permission(Permission::Listening), PermissionState::NotNeeded);
    world.handle.set("dictation.hotkey", &"RightOption".into()).unwrap();
    assert_eq!(world.handle.permission(Permission::Listening), PermissionState::Denied);
    world.handle.request_permission(Permission::Listening).unwrap();
    world.wait("the settings", || world.machine.permissions.opened() == [Permission::Listening]);
    // Typing works, and the key is still not heard: the entry under Input Monitoring is of another copy.
    world.machine.permissions.set(Permission::Typing, PermissionState::Granted);
    world.machine.permissions.set(Permission::Listening, PermissionState::Granted);
    world.machine.permissions.set_works(Permission::Listening, false);
    assert_eq!(world.handle.permission(Permission::Listening), PermissionState::Stale);
    world.handle.request_permission(Permission::Listening).unwrap();
    world.wait("the repair", || world.machine.permissions.were_reset() == [Permission::Listening]);
    world.wait("one prompt", || world.machine.permissions.requested() == [Permission::Listening]);
}

#[test]
fn recordings_are_left_out_of_backups_from_the_start() {
    let world = World::new();
    assert_eq!(world.machine.backups.left_out(), [world.home.path().join("data/recordings")]);
}

#[test]
fn a_place_that_is_wrong_is_known_and_the_right_one_shown() {
    let world = World::new();
    assert_eq!(world.handle.place(), Place::Settled);
    world.machine.installation.set(Place::Translocated);
    assert_eq!(world.handle.place(), Place::Translocated);
    world.handle.show_applications().unwrap();
    assert_eq!(world.machine.installation.times_shown(), 1);
}

//! Changing, losing and waiting for the hotkey.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tawk_app::{Listener, Options};
use tawk_core::hotkey::Hotkey;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::{Error, ErrorKind};
use tawk_platform::fake::Fake;
use tawk_store::Folders;

use super::world::{Log, Script, World};

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
fn a_taken_hotkey_is_told_and_does_not_stop_the_rest() {
    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    machine.hotkeys.take(tawk_platform::default_hotkey().parse().unwrap());
    let engine = start(platform, home.path());
    let handle = engine.handle();
    handle.flush(Duration::from_secs(5));
    assert_eq!(handle.status().trouble.map(|trouble| trouble.code).as_deref(), Some("hotkey-taken"));
    handle.set("dictation.hotkey", &"F13".into()).unwrap();
    handle.flush(Duration::from_secs(5));
    assert_eq!(handle.status().trouble, None);
}

#[test]
fn a_hotkey_of_the_systems_cannot_be_chosen_and_is_heard_all_the_same_once_it_is() {
    let world = World::new();
    let (before, new): (Hotkey, Hotkey) = (world.handle.settings().hotkey(), "F13".parse().unwrap());
    world.machine.hotkeys.claim(Some(new));
    let refused = world.handle.set("dictation.hotkey", &"F13".into()).unwrap_err();
    assert_eq!(refused.kind, ErrorKind::HotkeyTaken);
    assert_eq!((world.machine.hotkeys.registered(), world.handle.settings().hotkey()), (vec![before], before));
    // The system took it later: the one in force may be set once more.
    world.machine.hotkeys.claim(Some(before));
    world.handle.set("dictation.hotkey", &before.to_string().into()).unwrap();

    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    let default: Hotkey = tawk_platform::default_hotkey().parse().unwrap();
    machine.hotkeys.claim(Some(default));
    let engine = start(platform, home.path());
    let handle = engine.handle();
    let trouble = || handle.status().trouble.map(|trouble| trouble.code);
    wait("the claim is told", &|| trouble().as_deref() == Some("hotkey-taken"));
    assert_eq!(machine.hotkeys.registered(), [default]);
    machine.hotkeys.claim(None);
    handle.permission(Permission::Typing);
    wait("the trouble is over once somebody looks", &|| trouble().is_none());
}

#[test]
fn a_hotkey_that_was_given_back_is_heard_once_somebody_looks() {
    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    let default: Hotkey = tawk_platform::default_hotkey().parse().unwrap();
    machine.hotkeys.take(default);
    let engine = start(platform, home.path());
    let handle = engine.handle();
    let trouble = || handle.status().trouble.map(|trouble| trouble.code);
    wait("the trouble is told", &|| trouble().as_deref() == Some("hotkey-taken"));
    assert_eq!(machine.hotkeys.registered(), []);
    machine.hotkeys.give_back(&default);
    handle.permission(Permission::Typing);
    wait("the hotkey is heard", &|| machine.hotkeys.registered() == [default]);
    wait("the trouble is over", &|| trouble().is_none());
}

fn start(platform: tawk_platform::Platform, home: &std::path::Path) -> tawk_app::Engine {
    tawk_app::start(Options {
        platform,
        folders: Folders::under(home),
        transcribers: Arc::new(Script::default()),
        listener: Arc::new(tawk_app::Deaf),
        is_app: true,
        microphone: None,
        model: None,
    })
    .unwrap()
}

fn wait(what: &str, condition: &dyn Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
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

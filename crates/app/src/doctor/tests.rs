use super::*;
use std::collections::HashSet;
use tawk_core::place::Place;
use tawk_core::ports::Target;
use tawk_platform::fake::Fake;

#[test]
fn each_state_of_a_permission_has_its_own_message_and_cure() {
    let (platform, machine) = Fake::new();
    for which in Permission::ALL {
        let (mut messages, mut cures) = (HashSet::new(), HashSet::new());
        for (state, expected) in [
            (PermissionState::NotNeeded, CheckState::Good),
            (PermissionState::Granted, CheckState::Good),
            (PermissionState::NotAsked, CheckState::Warning),
            (PermissionState::Unknown, CheckState::Warning),
            (PermissionState::Denied, CheckState::Bad),
            (PermissionState::Restricted, CheckState::Bad),
            (PermissionState::Stale, CheckState::Bad),
        ] {
            // Stale is what the proof finds, never what the system says.
            let stale = state == PermissionState::Stale;
            machine.permissions.set(which, if stale { PermissionState::Granted } else { state });
            machine.permissions.set_works(which, !stale);
            let check = permission(&platform, which);
            assert_eq!(check.state, expected, "{state:?}");
            assert!(messages.insert(check.message.clone()), "{state:?} has a message of its own: {}", check.message);
            assert_eq!(check.next_step.is_none(), expected == CheckState::Good, "{state:?}");
            if let Some(cure) = check.next_step {
                assert!(cures.insert(cure.clone()), "{state:?} has a cure of its own: {cure}");
            }
        }
    }
}

#[test]
fn a_wrong_place_is_told() {
    let (platform, machine) = Fake::new();
    assert_eq!(place(&platform), None);
    machine.installation.set(Place::Volume("Tawk 0.1".into()));
    let check = place(&platform).unwrap();
    assert_eq!(check.state, CheckState::Warning);
    assert!(check.message.contains("Tawk 0.1") && check.message.contains("Applications"), "{}", check.message);
}

#[test]
fn listening_is_looked_at_only_where_the_hotkey_needs_it() {
    let (platform, machine) = Fake::new();
    let home = tempfile::tempdir().unwrap();
    let folders = Folders::under(home.path());
    folders.create().unwrap();
    for permission in [Permission::Typing, Permission::Listening] {
        machine.permissions.set(permission, PermissionState::Denied);
    }
    let looked = |hotkey: &str| {
        std::fs::write(folders.settings(), format!("[dictation]\nhotkey = \"{hotkey}\"\n")).unwrap();
        let report = examine(&platform, &folders, None);
        report.checks.into_iter().find(|check| check.id == "listening-permission")
    };
    assert_eq!(looked("Ctrl+Alt+Space"), None);
    let check = looked("RightOption").unwrap();
    assert_eq!(check.state, CheckState::Bad);
    assert!(check.next_step.unwrap().contains("Input Monitoring"));
}

#[test]
fn secure_input_is_told_with_who_keeps_it() {
    let (platform, machine) = Fake::new();
    assert_eq!(secure_input(&platform).state, CheckState::Good);
    machine.focus.set_secure_input(true);
    assert!(secure_input(&platform).message.contains("password field"));
    machine.focus.set_secure_input_holder(Some(Target { id: 7, app: "Wallet".into(), app_id: None }));
    let check = secure_input(&platform);
    assert_eq!(check.state, CheckState::Warning);
    assert!(check.message.contains("Wallet"), "{}", check.message);
    machine.focus.set_secure_input(false);
    assert_eq!(secure_input(&platform).state, CheckState::Good);
    assert_eq!(secure_input(&platform).next_step, None);
    machine.focus.silence_fields(true);
    let check = secure_input(&platform);
    assert!(check.message.starts_with("Unknown") && check.next_step.is_some(), "{}", check.message);
}

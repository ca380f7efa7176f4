//! What Tawk leaves on the machine: the autostart entry, and taking everything away again.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use tawk_core::ErrorKind;
use tawk_tests::app::{COMMAND_BOUND, run, run_with, tawk};
use tawk_tests::home::Home;
use tawk_tests::programs;
use tawk_tests::wait::wait_until;

use super::{call, code};

fn entry(home: &Home) -> PathBuf {
    home.path("home/.config/autostart/tawk.desktop")
}

/// A desktop's own launcher starts what the entry names, from a folder whose name holds all that must be quoted.
#[test]
fn the_autostart_entry_starts_the_app_that_lies_beside_the_command() {
    programs::need(&["gio"]);
    let home = Home::new();
    let folder = home.path("odd $HOME `x` \"q\" \\ 'é'");
    fs::create_dir(&folder).expect("It can be made.");
    let (command, app, mark) = (folder.join("tawk"), folder.join("tawk-app"), home.path("started"));
    fs::copy(programs::tawk(), &command).expect("It can be copied.");
    fs::write(&app, format!("#!/bin/sh\nexec echo \"$#\" > {}\n", mark.display())).expect("It can be written.");
    fs::set_permissions(&app, fs::Permissions::from_mode(0o700)).expect("Its mode can be set.");

    let autostart = |switch: &[&str]| {
        let mut command = home.command(&command);
        run(command.arg("autostart").args(switch))
    };
    assert_eq!(autostart(&[]).ok(), "off\n");
    assert_eq!(autostart(&["off"]).ok(), "off\n");
    assert_eq!(autostart(&["on"]).ok(), "on\n");
    assert_eq!(autostart(&["on"]).ok(), "on\n");
    assert_eq!(autostart(&[]).ok(), "on\n");

    run(home.command("gio").arg("launch").arg(entry(&home))).ok();
    wait_until("the start of the app", Duration::from_secs(10), || {
        fs::read_to_string(&mark).is_ok_and(|arguments| arguments == "0\n")
    });

    fs::remove_file(&app).expect("It can be removed.");
    let lost = autostart(&[]);
    assert!(lost.err.contains("switch it on again"), "{}", lost.err);
    assert_eq!(lost.ok(), "not found\n");
    autostart(&["on"]).refused(code(ErrorKind::NotFound));

    assert_eq!(autostart(&["off"]).ok(), "off\n");
    assert!(!entry(&home).exists());
}

#[test]
fn an_entry_that_the_user_switched_off_counts_as_off() {
    let home = Home::new();
    fs::create_dir_all(entry(&home).parent().expect("It lies in a folder.")).expect("It can be made.");
    fs::write(entry(&home), "[Desktop Entry]\nType=Application\nExec=/bin/sh\nHidden=true\n")
        .expect("It can be written.");
    assert_eq!(call(&home, &["autostart"]).ok(), "off\n");
}

/// A home with something of everything.
fn lived_in() -> Home {
    let home = Home::new();
    call(&home, &["doctor"]);
    home.write_settings("[sound]\nenabled = false\n");
    fs::write(home.data("recordings/20260101T000000-failed.wav"), "sound").expect("It can be written.");
    fs::write(home.data("models/own.bin"), "weights").expect("It can be written.");
    home
}

#[test]
fn nothing_is_deleted_without_a_yes() {
    let home = lived_in();
    for answer in ["", "no\n", "y\n", "YES PLEASE\n"] {
        let refused = run_with(&mut tawk(&home, &["erase"]), answer, COMMAND_BOUND);
        assert!(refused.err.contains("cannot be undone"), "{}", refused.err);
        assert_eq!(refused.code, code(ErrorKind::Aborted), "{answer:?}");
    }
    assert!(home.settings_file().is_file() && home.recordings().len() == 1);
}

#[test]
fn erase_deletes_everything_and_the_models_only_when_asked() {
    let home = lived_in();
    let erased = run_with(&mut tawk(&home, &["erase"]), "yes\n", COMMAND_BOUND);
    assert!(erased.err.contains("models") && erased.err.contains("--models"), "{}", erased.err);
    let said = erased.ok();
    assert!(said.contains("deleted  Settings") && said.contains("deleted  Recordings (1 file)"), "{said}");
    assert!(!home.config("").exists());
    assert!(home.data("models/own.bin").is_file());
    assert_eq!(fs::read_dir(home.data("")).expect("It is there.").count(), 1);

    let said = call(&home, &["erase", "--models", "--yes"]).ok();
    assert!(said.contains("deleted  Models ("), "{said}");
    assert!(!home.data("").exists());
    assert_eq!(call(&home, &["erase", "--yes"]).ok(), "There was nothing to delete.\n");
}

#[test]
fn a_model_folder_of_the_users_own_is_left_alone() {
    let mut home = lived_in();
    let own = home.path("own-models");
    fs::create_dir(&own).expect("It can be made.");
    fs::write(own.join("mine.bin"), "weights").expect("It can be written.");
    home.set("TAWK_MODEL_DIR", own.display());
    let erased = call(&home, &["erase", "--models", "--yes"]);
    assert!(erased.err.contains("you chose that folder"), "{}", erased.err);
    erased.ok();
    assert!(own.join("mine.bin").is_file() && !home.data("").exists());
}

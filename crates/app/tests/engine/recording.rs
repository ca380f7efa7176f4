//! What stays of a dictation that came to no text.

use std::fs;

use tawk_app::State;
use tawk_core::ports::DeskEvent;
use tawk_core::{Error, ErrorKind};
use tawk_store::Folders;

use super::world::{World, name};

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
fn a_logout_that_is_only_asked_for_keeps_the_recording_and_does_not_end_the_program() {
    let world = World::new();
    world.press();
    world.speak();
    world.machine.desk.fire(DeskEvent::LogoutAsked);
    world.wait("kept", || world.recordings().iter().any(|path| name(path).ends_with("-locked.wav")));
    assert_eq!(*world.log.quits.lock().unwrap(), 0);
    assert_eq!(world.machine.typists.text(), "");
    world.release();
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
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

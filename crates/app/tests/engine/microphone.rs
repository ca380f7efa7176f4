//! Microphones that come, go, and refuse.

use std::thread;
use std::time::Duration;

use tawk_app::State;
use tawk_core::microphone::StreamFormat;
use tawk_core::ports::DeskEvent;
use tawk_platform::fake::microphones::DEFAULT_ID;

use super::world::{World, speech};

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
fn with_a_pre_roll_the_word_before_the_key_is_heard_until_the_screen_is_locked() {
    let world = World::new();
    assert_eq!(world.machine.microphones.open_streams(), 0, "nothing is heard by default");
    world.handle.set("microphone.pre_roll_ms", &1_000.into()).unwrap();
    world.wait("open", || world.machine.microphones.feed(DEFAULT_ID, &speech()) == 1);
    world.wait("heard", || world.machine.microphones.unread(DEFAULT_ID) == 0);
    world.press();
    thread::sleep(Duration::from_millis(320));
    world.release();
    // Nothing was spoken after the key went down.
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    assert!(world.script.0.lock().unwrap().heard.iter().all(|&samples| samples <= 16_000));
    world.wait("open again", || world.machine.microphones.open_streams() == 1);
    world.machine.desk.fire(DeskEvent::Locked);
    world.wait("closed", || world.machine.microphones.open_streams() == 0);
    world.handle.set("microphone.pre_roll_ms", &1_001.into()).unwrap_err();
}

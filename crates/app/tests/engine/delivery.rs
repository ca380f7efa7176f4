//! Phrase by phrase, undo of a cancel, Escape, and a machine that is slower than speech.

use std::thread;
use std::time::{Duration, Instant};

use crate::world::{World, name, speech};
use tawk_app::{Request, State};
use tawk_core::hotkey::Hotkey;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_store::Folders;

/// A dictation by tap, with as much speech as closes a segment, and the pause after it.
fn tap_and_speak(world: &World) {
    world.press();
    world.release();
    world.speak();
    go_on(world);
}

fn go_on(world: &World) {
    for _ in 0..3 {
        world.machine.microphones.feed(DEFAULT_ID, &speech());
    }
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 16_000]);
}

fn say(world: &World, words: &[&'static str]) {
    // Without work ahead a segment is recognised exactly once.
    world.handle.set("recognition.ahead", &false.into()).unwrap();
    world.script.0.lock().unwrap().words = words.to_vec();
}

fn escape() -> Hotkey {
    Hotkey { modifiers: Default::default(), key: tawk_core::hotkey::Key::Escape }
}

#[test]
fn phrases_are_typed_while_the_dictation_goes_on() {
    let world = World::new();
    world.handle.set("dictation.delivery", &"phrases".into()).unwrap();
    say(&world, &["One.", "Two.", "Three.", "Four.", "Five."]);
    tap_and_speak(&world);
    world.wait("the first phrase", || world.machine.typists.text().starts_with("One."));
    assert_eq!(world.handle.status().state, State::Listening);
    go_on(&world);
    world.wait("the second phrase", || world.machine.typists.text().starts_with("One. Two."));
    assert_eq!(world.handle.status().state, State::Listening);
    world.press();
    world.release();
    world.wait_for(State::Idle);
    let text = world.machine.typists.text();
    assert!("One. Two. Three. Four. Five. ".starts_with(text.trim_end()) && text.ends_with(". "), "{text:?}");
    assert_eq!(world.handle.last_text().as_deref(), Some(text.trim_end()));
    assert!(world.recordings().is_empty());
}

#[test]
fn a_phrase_goes_to_the_window_in_which_it_began_and_to_no_other() {
    let world = World::new();
    world.handle.set("dictation.delivery", &"phrases".into()).unwrap();
    say(&world, &["One.", "Two."]);
    world.script.0.lock().unwrap().takes = Duration::from_millis(300);
    tap_and_speak(&world);
    world.wait("recognition", || !world.script.0.lock().unwrap().heard.is_empty());
    world.machine.focus.move_to(2, "Chat");
    world.wait("told", || world.trouble() == "focus-moved");
    assert_eq!(world.handle.status().state, State::Listening, "it goes on listening");
    go_on(&world);
    world.press();
    world.release();
    world.wait_for(State::Trouble);
    assert_eq!(world.machine.typists.text(), "");
    assert!(world.handle.last_text().unwrap().starts_with("One. Two."), "all that was not typed is kept");
    assert!(name(&world.recordings()[0]).ends_with("-held.wav"));
}

#[test]
fn a_new_phrase_follows_the_user_into_another_window() {
    let world = World::new();
    world.handle.set("dictation.delivery", &"phrases".into()).unwrap();
    tap_and_speak(&world);
    // Long enough to end any phrase.
    world.machine.microphones.feed(DEFAULT_ID, &[0.0; 48_000]);
    world.wait("the first phrase", || !world.machine.typists.text().is_empty());
    thread::sleep(Duration::from_millis(700));
    let before = world.machine.typists.text();
    world.machine.focus.move_to(2, "Chat");
    go_on(&world);
    world.wait("a phrase in the other window", || world.machine.typists.text().len() > before.len());
    assert_eq!(world.trouble(), "");
}

#[test]
fn a_cancelled_dictation_can_be_had_after_all() {
    let world = World::new();
    say(&world, &["One.", "Two."]);
    world.script.0.lock().unwrap().takes = Duration::from_secs(5);
    tap_and_speak(&world);
    world.wait("recognition", || !world.script.0.lock().unwrap().heard.is_empty());
    let folders = Folders::under(world.home.path());
    assert!(tawk_app::send(&folders, Request::Undo).is_err(), "nothing was cancelled yet");
    world.handle.cancel();
    world.wait_for(State::Idle);
    assert!(world.handle.status().can_undo);
    assert_eq!(world.machine.typists.text(), "");
    assert!(name(&world.recordings()[0]).ends_with("-cancelled.wav"));
    // Into the window that has the focus now.
    world.machine.focus.move_to(2, "Chat");
    world.script.0.lock().unwrap().takes = Duration::ZERO;
    tawk_app::send(&folders, Request::Undo).unwrap();
    world.wait("typed", || world.machine.typists.text().starts_with("One."));
    world.wait_for(State::Idle);
    assert!(!world.handle.status().can_undo);
    assert!(tawk_app::send(&folders, Request::Undo).is_err());
}

#[test]
fn the_next_dictation_ends_the_chance_to_undo() {
    let world = World::new();
    tap_and_speak(&world);
    world.handle.cancel();
    world.wait_for(State::Idle);
    assert!(world.handle.status().can_undo);
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert!(!world.handle.status().can_undo);
    world.handle.undo();
    world.handle.flush(Duration::from_secs(5));
    assert_eq!(world.machine.typists.typings().len(), 1);
}

#[test]
fn escape_is_taken_only_while_it_listens() {
    let world = World::new();
    let taken = || world.machine.hotkeys.registered().contains(&escape());
    assert!(!taken());
    tap_and_speak(&world);
    world.wait("Escape is taken", taken);
    world.machine.hotkeys.press(&escape());
    world.machine.hotkeys.release(&escape());
    world.wait_for(State::Idle);
    world.wait("Escape is given back", || !taken());
    assert_eq!(world.machine.typists.text(), "");
    assert!(name(&world.recordings()[0]).ends_with("-cancelled.wav"));
    // It ends with a release as well, and somebody else's Escape is no trouble.
    world.machine.hotkeys.take(escape());
    world.dictate();
    world.wait("typed", || world.machine.typists.text() == "Hello world. ");
    world.wait_for(State::Idle);
    assert_eq!((world.trouble().as_str(), world.machine.hotkeys.registered().len()), ("", 1));
    world.machine.hotkeys.give_back(&escape());
    world.handle.set("dictation.escape_cancels", &false.into()).unwrap();
    tap_and_speak(&world);
    thread::sleep(Duration::from_millis(100));
    assert_eq!(world.machine.hotkeys.registered(), [world.hotkey]);
}

#[test]
fn a_machine_slower_than_speech_says_how_long_it_takes_and_drops_nothing() {
    let world = World::new();
    say(&world, &["One.", "Two.", "Three.", "Four."]);
    world.script.0.lock().unwrap().takes_per_second = Duration::from_millis(500);
    tap_and_speak(&world);
    for _ in 0..3 {
        go_on(&world);
    }
    world.press();
    world.release();
    world.wait("an estimate", || {
        world.handle.status().waiting.is_some_and(|waiting| waiting.ready_in_seconds.is_some())
    });
    let began = Instant::now();
    let waiting = world.handle.status().waiting.unwrap();
    assert!(waiting.speech_seconds >= 5, "{waiting:?}");
    assert_eq!(world.handle.status().state, State::Working);
    let said = waiting.ready_in_seconds.unwrap() as f64;
    while world.handle.status().state == State::Working && began.elapsed() < Duration::from_secs(60) {
        thread::sleep(Duration::from_millis(20));
    }
    world.wait_for(State::Idle);
    let took = began.elapsed().as_secs_f64();
    assert!((took - said).abs() < 3.0, "{took} s, and {said} s were expected");
    assert!(world.machine.typists.text().starts_with("One. Two. Three."), "{}", world.machine.typists.text());
    assert_eq!(world.handle.status().waiting, None);
}

#[test]
fn the_wait_that_is_told_grows_shorter_within_one_long_recognition() {
    let world = World::new();
    say(&world, &["One.", "Two.", "Three.", "Four."]);
    world.script.0.lock().unwrap().takes_per_second = Duration::from_millis(700);
    tap_and_speak(&world);
    for _ in 0..3 {
        go_on(&world);
    }
    world.press();
    world.release();
    let look = || {
        let recognised = world.script.0.lock().unwrap().heard.len();
        Some((recognised, world.handle.status().waiting?.ready_in_seconds?))
    };
    world.wait("an estimate", || look().is_some());
    let seen = std::cell::RefCell::new(Vec::new());
    world.wait("another number while the same segment is recognised", || {
        let mut seen = seen.borrow_mut();
        seen.extend(look());
        seen.iter().any(|(recognised, now)| seen.iter().any(|(same, before)| same == recognised && now < before))
    });
}

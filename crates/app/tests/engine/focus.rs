//! Who gets the text, and who does not.

use std::time::Duration;

use serde_json::json;
use tawk_app::State;
use tawk_core::ports::Target;

use super::world::{World, name};

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

/// An app that translates keys would show something else than the text.
#[test]
fn an_app_that_would_garble_text_gets_nothing_until_a_rule_says_otherwise() {
    let world = World::new();
    let app_id = Some("com.microsoft.rdc.macos".to_owned());
    world.machine.focus.set(Some(Target { id: 5, app: "Windows App".into(), app_id }));
    world.dictate();
    world.wait_for(State::Trouble);
    let trouble = world.handle.status().trouble.unwrap();
    assert_eq!(trouble.code, "unsupported");
    for part in ["Windows App", "Copy Last Text"] {
        assert!(trouble.message.contains(part), "{}", trouble.message);
    }
    assert_eq!(world.machine.typists.text(), "");
    assert_eq!(world.handle.last_text().as_deref(), Some("Hello world. "));
    assert!(name(&world.recordings()[0]).ends_with("-held.wav"));

    let rule = json!([{ "app": "com.microsoft.rdc.macos", "hold": false, "chunk_units": 1, "pace_ms": 0.5 }]);
    world.handle.set("typing.apps", &rule).unwrap();
    world.dictate();
    world.wait("the text is typed", || world.machine.typists.text() == "Hello world. ");
    let typed = world.machine.typists.typings().remove(0);
    assert_eq!((typed.strokes.len(), typed.style.pace), ("Hello world. ".len(), Duration::from_micros(500)));
}

#[test]
fn secure_input_that_a_program_forgot_is_told_with_its_name_and_ends() {
    let world = World::new();
    world.machine.focus.set_secure_input(true);
    world.machine.focus.set_secure_input_holder(Some(Target { id: 77, app: "Wallet".into(), app_id: None }));
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

//! Phrase by phrase, Escape, and a cancel that is undone.

use std::time::Duration;

use serde_json::Value;
use tawk_tests::app;
use tawk_tests::clip::Clip;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::wait_until;

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("phrases_arrive_while_the_dictation_goes_on", phrases),
        check("a_phrase_for_a_window_that_lost_the_focus_is_kept", phrase_without_its_window),
        check("escape_cancels_while_listening_and_is_the_apps_otherwise", escape),
        check("escape_cancels_while_the_hotkey_is_held", escape_in_hold),
        check("undo_of_a_cancel_by_command_and_by_menu", undo),
    ]
}

/// Several sentences, each followed by a pause: more than one segment.
pub(crate) fn sentences(world: &mut World, numbers: &[usize]) -> (String, Clip) {
    let gap = Clip::silence(Duration::from_millis(900));
    let mut whole = Clip::silence(Duration::from_millis(100));
    let mut text = String::new();
    for &number in numbers {
        let (words, clip) = world.demo(number);
        whole = whole.then(&clip).then(&gap);
        text += &format!("{words} ");
    }
    (text, whole)
}

fn phrases(world: &mut World) {
    let (first, clip) = sentences(world, &[1, 3, 7]);
    let (second, more) = sentences(world, &[2, 1]);
    world.restart_with("[dictation]\ndelivery = \"phrases\"\n");
    world.receiver(Kind::Gtk);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    let begun = {
        let receiver = world.open_receiver(Kind::Gtk);
        wait_until("the first phrase", SOON, || !receiver.text().is_empty());
        receiver.text()
    };
    assert!(first.starts_with(&begun), "{begun:?} is not the beginning of {first:?}.");
    assert_eq!(app::status(&world.desk.home)["state"], "listening", "It goes on listening.");
    world.mic(Mic::A).say(&more);
    keys::tap_hotkey(&world.desk.home);
    world.open_receiver(Kind::Gtk).expect(&format!("{first}{second}"), SOON);
    world.wait_state("idle");
    world.expect_no_recording();
}

fn phrase_without_its_window(world: &mut World) {
    let (text, clip) = sentences(world, &[1, 3, 7]);
    world.restart_with("[dictation]\ndelivery = \"phrases\"\n");
    world.receiver(Kind::Tk);
    world.receiver(Kind::Gtk);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    {
        let receiver = world.open_receiver(Kind::Gtk);
        wait_until("the first phrase", SOON, || !receiver.text().is_empty());
    }
    // The rest of what is said began in the first window: whatever of it comes after the focus has moved stays away.
    world.receiver(Kind::Tk);
    keys::tap_hotkey(&world.desk.home);
    wait_until("the end of the dictation", SOON, || {
        let state = app::status(&world.desk.home)["state"].clone();
        state == "idle" || state == "trouble"
    });
    let typed = world.open_receiver(Kind::Gtk).text();
    assert!(text.starts_with(typed.trim_end()) && !typed.is_empty(), "{typed:?} is not the beginning of {text:?}.");
    world.open_receiver(Kind::Tk).expect_nothing(Duration::from_millis(500));
    world.forget_recordings();
    world.restart_with("");
}

fn escape(world: &mut World) {
    let (_, clip) = world.demo(1);
    world.app();
    // A terminal shows what it gets.
    world.receiver(Kind::Xterm);
    keys::press(&world.desk.home, &["Escape"]);
    world.open_receiver(Kind::Xterm).expect("\u{1b}", SOON);
    world.receiver(Kind::Xterm);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    keys::press(&world.desk.home, &["Escape"]);
    world.wait_state("idle");
    world.expect_recording("cancelled", clip.length().mul_f32(0.9));
    world.open_receiver(Kind::Xterm).expect_nothing(Duration::from_millis(500));
    keys::press(&world.desk.home, &["Escape"]);
    world.open_receiver(Kind::Xterm).expect("\u{1b}", SOON);
}

fn escape_in_hold(world: &mut World) {
    let (_, clip) = world.demo(2);
    world.app();
    world.receiver(Kind::Xterm);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    keys::press_as_is(&world.desk.home, &["Escape"]);
    world.wait_state("idle");
    drop(held);
    world.expect_recording("cancelled", clip.length().mul_f32(0.9));
    world.open_receiver(Kind::Xterm).expect_nothing(Duration::from_millis(500));
}

fn undo(world: &mut World) {
    let (text, clip) = world.demo(4);
    // Afresh: the check before has cancelled.
    world.restart_with("");
    world.forget_recordings();
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    world.receiver(Kind::Gtk);
    assert!(world.desk.tray.entry(&["Undo Cancel"]).is_some_and(|entry| !entry.enabled));
    for by_menu in [false, true] {
        keys::tap_hotkey(&world.desk.home);
        world.wait_state("listening");
        world.mic(Mic::A).say(&clip);
        world.tawk(&["cancel"]).ok();
        world.wait_state("idle");
        world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
        if by_menu {
            let tray = &mut world.desk.tray;
            wait_until("the entry", SOON, || tray.entry(&["Undo Cancel"]).is_some_and(|entry| entry.enabled));
            tray.click(&["Undo Cancel"]);
        } else {
            world.tawk(&["undo"]).ok();
        }
        world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
        world.wait_state("idle");
        world.receiver(Kind::Gtk);
    }
    world.tawk(&["undo"]).refused(2);
    // Each is one dictation that was typed, and its recording is like any other's.
    world.expect_no_recording();
    let is_whole = |one: &Value| one["text"] == text && one["fate"] == "typed" && one["audio"].is_string();
    wait_until("both dictations in the history", SOON, || {
        let listed = world.tawk(&["history", "list", "--json"]).json();
        listed.as_array().is_some_and(|all| all.len() == 2 && all.iter().all(is_whole))
    });
    assert_eq!(world.desk.home.delivered().len(), 2);
}

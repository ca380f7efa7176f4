//! Hold a key, speak, let go: the words are typed.

use std::time::Duration;

use tawk_tests::app;
use tawk_tests::clip::Clip;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check, check_within};
use tawk_tests::sentences::sentences;
use tawk_tests::wait::{pause, wait_until};

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    let mut checks = vec![check("app_starts_with_a_tray_icon_and_no_window", starts_quietly)];
    for (number, kind) in Kind::ALL.into_iter().enumerate() {
        checks.push(check(format!("dictate_into_{}", kind.name()), move |world: &mut World| {
            world.app();
            world.dictate(kind, Mic::A, number);
            world.expect_no_recording();
        }));
    }
    checks.push(check("dictate_with_modifiers_held_long_after_release", modifiers_stay));
    checks.push(check("dictate_by_tap_and_tap", toggle));
    checks.push(check("the_hotkey_can_be_for_pressing_or_for_holding_only", one_way));
    checks.push(check("dictate_by_a_modifier_alone", by_a_modifier_alone));
    checks.push(check("dictate_by_menu", by_menu));
    checks.push(check("dictate_by_command", by_command));
    checks.push(check_within("dictate_ten_in_a_row", Duration::from_secs(180), ten_in_a_row));
    checks.push(check("dictate_several_sentences_in_one_breath", several_sentences));
    checks.push(check("silence_and_noise_type_nothing", silence));
    checks.push(check("a_brushed_key_leaves_nothing", brushed));
    checks.push(check("cancel_types_nothing_and_keeps_the_recording", cancel));
    checks.push(check("text_for_a_window_that_lost_the_focus_is_kept", focus_moves));
    let bound = Duration::from_secs(400);
    checks.push(check_within("dictate_while_the_focus_moves_20_times", bound, focus_moves_often));
    checks.push(check("last_text_goes_to_the_clipboard_only_on_request", copy_last));
    checks
}

fn starts_quietly(world: &mut World) {
    world.app();
    let icon = world.desk.tray.wait_icon("idle", Duration::from_secs(10), |icon| icon.icon.contains("idle"));
    assert!(std::path::Path::new(&icon.icon).exists(), "There is no picture at {}.", icon.icon);
    let labels: Vec<_> =
        world.desk.tray.menu().into_iter().filter(|e| e.path.len() == 1).map(|e| e.path[0].clone()).collect();
    for label in ["Start Dictation", "Microphone", "Model", "Copy Last Text", "Settings…", "Quit Tawk"] {
        assert!(labels.iter().any(|l| l == label), "The menu has no {label}: {labels:?}");
    }
    world.desk.tray.wait_chosen(&["Microphone", "System Default"]);
    assert!(!world.desk.has_window("Tawk Settings"), "A window is open at the start.");
}

fn modifiers_stay(world: &mut World) {
    let (text, clip) = world.demo(4);
    world.app();
    world.receiver(Kind::Gtk);
    let home = &world.desk.home;
    let modifiers = keys::hold(home, &["Control_L", "Alt_L"]);
    let space = keys::hold(home, &["space"]);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    drop(space);
    // Longer than Tawk waits for them.
    pause(3000);
    drop(modifiers);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
}

fn toggle(world: &mut World) {
    let (text, clip) = world.demo(5);
    world.app();
    world.receiver(Kind::Gtk);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("listening");
    let icon = world.desk.tray.wait_icon("listening", SOON, |icon| icon.icon.contains("listening"));
    assert!(std::path::Path::new(&icon.icon).exists(), "There is no picture at {}.", icon.icon);
    world.mic(Mic::A).say(&clip);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    keys::tap_hotkey(&world.desk.home);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
    world.desk.tray.wait_icon("idle", SOON, |icon| icon.icon.contains("idle"));
}

fn one_way(world: &mut World) {
    let (text, clip) = world.demo(5);
    world.restart_with("[dictation]\nactivation = \"tap\"\n");
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    // Far longer than a tap.
    pause(800);
    drop(held);
    world.mic(Mic::A).say(&clip);
    world.wait_state("listening");
    keys::tap_hotkey(&world.desk.home);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");

    world.restart_with("[dictation]\nactivation = \"hold\"\n");
    world.receiver(Kind::Gtk);
    keys::tap_hotkey(&world.desk.home);
    world.wait_state("idle");
    world.mic(Mic::A).say(&clip);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    world.dictate(Kind::Gtk, Mic::A, 5);
    world.restart_with("");
}

fn by_a_modifier_alone(world: &mut World) {
    let (text, clip) = world.demo(8);
    world.restart_with("[dictation]\nhotkey = \"RightOption\"\n");
    world.receiver(Kind::Gtk);
    let held = keys::hold(&world.desk.home, &[keys::RIGHT_ALT]);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    drop(held);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
    world.expect_no_recording();

    // The same key in a chord of its own: no dictation comes of it, and nothing stays.
    world.receiver(Kind::Gtk);
    drop(keys::hold(&world.desk.home, &[keys::RIGHT_ALT, "F9"]));
    world.wait_state("idle");
    world.mic(Mic::A).say(&clip);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    world.wait_state("idle");
    world.expect_no_recording();
    world.restart_with("");
}

fn by_menu(world: &mut World) {
    let (text, clip) = world.demo(6);
    world.app();
    world.receiver(Kind::Gtk);
    world.desk.tray.click(&["Start Dictation"]);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.desk.tray.click(&["Stop Dictation"]);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
}

fn by_command(world: &mut World) {
    let (text, clip) = world.demo(7);
    world.app();
    world.receiver(Kind::Gtk);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.tawk(&["toggle"]).ok();
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
    assert_eq!(world.tawk(&["status"]).ok().trim(), "idle");
}

fn ten_in_a_row(world: &mut World) {
    world.app();
    world.receiver(Kind::Gtk);
    let mut expected = String::new();
    for number in 0..10 {
        let (text, clip) = world.demo(number);
        world.hold_and_say(Mic::A, &clip);
        expected += &format!("{text} ");
        // A breath, not a wait for the text.
        pause(400);
    }
    world.open_receiver(Kind::Gtk).expect(&expected, SOON);
    world.wait_state("idle");
    world.expect_no_recording();
}

/// Several sentences with pauses, long enough that segments close while the key is still held.
fn several_sentences(world: &mut World) {
    world.app();
    world.receiver(Kind::Gtk);
    let gap = Clip::silence(Duration::from_millis(900));
    let mut whole = Clip::silence(Duration::from_millis(100));
    let mut expected = String::new();
    for number in [1, 3, 7, 2] {
        let (text, clip) = world.demo(number);
        whole = whole.then(&clip).then(&gap);
        expected += &format!("{text} ");
    }
    world.hold_and_say(Mic::A, &whole);
    world.open_receiver(Kind::Gtk).expect(&expected, SOON);
    world.wait_state("idle");
}

fn silence(world: &mut World) {
    world.app();
    world.receiver(Kind::Gtk);
    for sentence in sentences("silence") {
        let clip = Clip::read(&sentence.file);
        world.hold_and_say(Mic::A, &clip);
        world.wait_nothing_heard();
        world.settle();
        let typed = world.open_receiver(Kind::Gtk).text();
        assert!(typed.is_empty(), "{typed:?} was typed for {}.", sentence.file.display());
        // A silence may have been a voice too quiet to be found: its recording is kept for a while.
        for recording in world.desk.home.recordings() {
            let name = recording.display().to_string();
            let is_kept = name.contains("-nothing-heard") || name.contains("-failed");
            assert!(is_kept && clip.length() >= Duration::from_millis(700), "Kept: {name}");
        }
        world.forget_recordings();
    }
}

fn brushed(world: &mut World) {
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    // Longer than a tap, and shorter than a word.
    pause(400);
    drop(held);
    world.wait_state("idle");
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(700));
    world.expect_no_recording();
}

fn cancel(world: &mut World) {
    let (_, clip) = world.demo(1);
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.tawk(&["cancel"]).ok();
    drop(held);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(1500));
    world.wait_state("idle");
    world.expect_recording("cancelled", clip.length().mul_f32(0.9));
}

fn focus_moves(world: &mut World) {
    let (text, clip) = world.demo(3);
    world.app();
    world.receiver(Kind::Tk);
    // The other window takes the focus after the release and before the text: the pace makes sure of it.
    world.restart_with("[typing]\npace_ms = 100.0\nchunk_units = 1\n");
    world.receiver(Kind::Gtk);
    world.hold_and_say(Mic::A, &clip);
    tawk_tests::wait::wait_until("the first characters", SOON, || !world.open_receiver(Kind::Gtk).text().is_empty());
    world.receiver(Kind::Tk);
    assert_eq!(world.wait_trouble(), "focus-moved");
    let arrived = world.open_receiver(Kind::Gtk).text();
    assert!(text.starts_with(&arrived) && arrived.len() < text.len(), "{arrived:?} arrived.");
    world.open_receiver(Kind::Tk).expect_nothing(Duration::from_millis(700));
    world.expect_recording("held", clip.length().mul_f32(0.9));
    // The rest is where the user can take it.
    world.desk.tray.click(&["Copy Last Text"]);
    let kept = clipboard(world);
    assert!(kept.contains(text.rsplit(' ').next().expect("It has words.")), "The clipboard holds {kept:?}.");
    // Nothing is missing between the two, and nothing is in both.
    assert_eq!(format!("{arrived}{kept}"), format!("{text} "), "{arrived:?} arrived, and {kept:?} was kept.");
    world.restart_with("");
}

/// The window manager moves the focus after each release, half of the times before the first key. What arrived and what was
/// kept is the whole text each time, and nothing goes into the other window.
fn focus_moves_often(world: &mut World) {
    const MOVES: usize = 20;
    let mut random = std::process::id() | 1;
    println!("  seed {random}");
    let (text, clip) = world.demo(0);
    let whole = format!("{text} ");
    world.app();
    // Long enough in the typing for a move in its middle.
    world.restart_with("[typing]\npace_ms = 30.0\nchunk_units = 1\n");
    world.receiver(Kind::Tk);
    let (mut before, mut within) = (0, 0);
    for number in 0..MOVES {
        world.receiver(Kind::Gtk);
        // While modifiers are held, Tawk waits for them before the first key.
        let modifiers = keys::hold(&world.desk.home, &["Control_L", "Alt_L"]);
        let space = keys::hold(&world.desk.home, &["space"]);
        world.wait_state("listening");
        world.mic(Mic::A).say(&clip);
        drop(space);
        wait_until("the end of listening", SOON, || app::status(&world.desk.home)["state"] != "listening");
        // Marsaglia's xorshift.
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        if number % 2 == 0 {
            world.receivers[&Kind::Tk].give_keyboard(&world.desk.home);
            drop(modifiers);
        } else {
            drop(modifiers);
            wait_until("the first character", SOON, || !world.open_receiver(Kind::Gtk).text().is_empty());
            pause(u64::from(random % 300));
            world.receivers[&Kind::Tk].give_keyboard(&world.desk.home);
        }
        let mut is_held = false;
        wait_until("the end of typing", SOON, || {
            let state = app::status(&world.desk.home)["state"].take();
            is_held = state == "trouble";
            is_held || state == "idle"
        });
        world.settle();
        let arrived = world.open_receiver(Kind::Gtk).text();
        let mut kept = String::new();
        if is_held {
            assert_eq!(world.wait_trouble(), "focus-moved");
            world.desk.tray.click(&["Copy Last Text"]);
            kept = clipboard(world);
        }
        assert_eq!(format!("{arrived}{kept}"), whole, "{arrived:?} arrived, and {kept:?} was kept.");
        before += usize::from(arrived.is_empty());
        within += usize::from(!arrived.is_empty() && !kept.is_empty());
        world.forget_recordings();
    }
    println!("  {before} moves before the first key, {within} within the text");
    assert!(
        before >= MOVES / 4 && within >= MOVES / 4,
        "Too few: {before} before the first key, {within} within the text."
    );
    world.open_receiver(Kind::Tk).expect("", Duration::from_secs(1));
    world.restart_with("");
}

fn copy_last(world: &mut World) {
    world.app();
    world.dictate(Kind::Gtk, Mic::A, 2);
    let (text, _) = world.demo(2);
    assert!(!clipboard(world).contains(&text), "A dictation touches the clipboard.");
    world.desk.tray.click(&["Copy Last Text"]);
    tawk_tests::wait::wait_until("the text on the clipboard", Duration::from_secs(5), || {
        clipboard(world).trim() == text
    });
}

/// What is on the clipboard, pasted into the GTK field as a user would.
pub(crate) fn clipboard(world: &mut World) -> String {
    world.receiver(Kind::Gtk);
    keys::press(&world.desk.home, &["ctrl+v"]);
    pause(400);
    let pasted = world.open_receiver(Kind::Gtk).text();
    world.open_receiver(Kind::Gtk).clear();
    pasted
}

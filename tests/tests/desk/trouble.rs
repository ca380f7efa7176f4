//! What goes wrong around Tawk, and ends that nobody asked for.

use std::fs;
use std::time::Duration;

use tawk_tests::app::{self, App};
use tawk_tests::home::{Home, files, is_delivered};
use tawk_tests::keys;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::sentences::sentences;
use tawk_tests::sound::Sound;
use tawk_tests::wait::{pause, wait_until};

use crate::world::{Mic, SOON, World, seconds_of};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("broken_settings_are_reported_and_kept_aside", broken_settings),
        check("a_hotkey_that_is_taken_is_said_so", hotkey_taken),
        check("folders_that_cannot_be_written_are_named", no_folder),
        check("a_model_that_is_damaged_is_said_so_and_the_recording_kept", damaged_model),
        check("quit_in_mid_dictation_keeps_the_recording", quits),
        check("a_signal_in_mid_dictation_keeps_the_recording", terminated),
        check("locking_the_screen_ends_a_dictation_and_types_nothing", locks),
        check("quit_from_the_menu_ends_everything", quits_from_the_menu),
        check("the_debug_log_tells_lengths_and_no_words", log),
        // The last one: it takes the display away.
        check("a_lost_display_in_mid_dictation_keeps_the_recording", display_lost),
    ]
}

fn broken_settings(world: &mut World) {
    let broken = "[dictation\nhotkey = ";
    world.restart_with(broken);
    // It is said, it works by the defaults all the same, and the file is as it was.
    assert_eq!(world.wait_trouble(), "bad-settings");
    let (text, clip) = world.demo(0);
    world.receiver(Kind::Gtk);
    world.hold_and_say(Mic::A, &clip);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    assert_eq!(world.desk.home.settings_text(), broken);
    // Only when there is something to write, the broken file is moved aside.
    world.desk.tray.click(&["Microphone", Sound::NAME_B]);
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    let config = files(&world.desk.home.config(""));
    let aside = config.iter().find(|file| file.to_string_lossy().contains("broken")).expect("It is kept aside.");
    assert_eq!(fs::read_to_string(aside).expect("It can be read."), broken);
    assert!(world.desk.home.settings_text().contains("mic_b"), "{}", world.desk.home.settings_text());
    let _ = fs::remove_file(aside);

    // A single wrong value costs that value only.
    world.restart_with("[dictation]\nending = \"none\"\ntap_ms = 1\n");
    let (text, clip) = world.demo(1);
    world.receiver(Kind::Gtk);
    world.hold_and_say(Mic::A, &clip);
    world.open_receiver(Kind::Gtk).expect(&text, SOON);
    world.restart_with("");
}

/// A second user's Tawk on the same display: one home, one hotkey.
fn hotkey_taken(world: &mut World) {
    world.app();
    let mut other = Home::new();
    for variable in ["DISPLAY", "PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE", "GDK_BACKEND"] {
        if let Some(value) = world.desk.home.variable(variable) {
            other.set(variable, value);
        }
    }
    let mut second = App::start(&other, &[]);
    app::wait_state(&other, "trouble", SOON);
    let trouble = app::status(&other)["trouble"].clone();
    assert_eq!(trouble["code"], "hotkey-taken");
    assert!(trouble["message"].as_str().is_some_and(|m| m.contains("Ctrl+Alt+Space")), "{trouble}");
    assert_eq!(second.terminate(), 0);
    drop(second);
    world.dictate(Kind::Gtk, Mic::A, 2);
}

fn no_folder(world: &mut World) {
    world.end_app();
    let home = &world.desk.home;
    fs::write(home.path("a-file"), "").expect("A file can be made.");
    for folder in [std::path::PathBuf::from("/proc/tawk"), home.path("a-file")] {
        let mut command = home.command(programs::tawk_app());
        command.env("XDG_DATA_HOME", &folder);
        let said = app::run(&mut command).refused(9);
        assert!(said.contains(&folder.display().to_string()), "It does not name the folder: {said}");
    }
}

fn damaged_model(world: &mut World) {
    let file = world.desk.home.path("damaged.bin");
    let weights =
        fs::read(programs::repository().join("models/ggml-fixture-en-q5_0.bin")).expect("The model is there.");
    fs::write(&file, &weights[..weights.len() / 2]).expect("A file can be written.");
    world.end_app();
    world.desk.home.write_settings(&format!("[recognition]\nmodel = \"{}\"\n", file.display()));
    world.app_as_it_is();
    let (_, clip) = world.demo(1);
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    pause(1500);
    world.mic(Mic::A).say(&clip);
    drop(held);
    assert_eq!(world.wait_trouble(), "bad-model");
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
    world.expect_recording("failed", clip.length().mul_f32(0.8));
    world.restart_with("");
}

/// Holds the key, speaks, and leaves it held.
fn in_mid_dictation(world: &mut World, number: usize) -> (keys::Held, Duration) {
    let (_, clip) = world.demo(number);
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    (held, clip.length().mul_f32(0.8))
}

fn quits(world: &mut World) {
    let (held, length) = in_mid_dictation(world, 1);
    drop(held);
    // By the menu, with the dictation toggled on.
    world.open_receiver(Kind::Gtk).expect(&format!("{} ", world_text(1)), SOON);
    world.wait_state("idle");
    let (_, clip) = world.demo(1);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.receiver(Kind::Gtk);
    world.mic(Mic::A).say(&clip);
    world.tawk(&["quit"]).ok();
    assert_eq!(world.wait_app_end(), 0);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    world.expect_recording("quit", length);
}

fn world_text(number: usize) -> String {
    sentences("demo").swap_remove(number).text
}

fn terminated(world: &mut World) {
    let (held, length) = in_mid_dictation(world, 3);
    held.forget();
    assert_eq!(world.end_app(), 0);
    keys::let_go_of_all(&world.desk.home);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(500));
    world.expect_recording("quit", length);
}

fn locks(world: &mut World) {
    let (held, length) = in_mid_dictation(world, 3);
    held.forget();
    let home = &world.desk.home;
    assert!(home.command("xset").args(["s", "activate"]).status().expect("xset can be started.").success());
    pause(700);
    assert!(home.command("xset").args(["s", "reset"]).status().expect("xset can be started.").success());
    keys::let_go_of_all(home);
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(1500));
    world.expect_recording("locked", length);
    // What was said is kept as text too, and the user is told where.
    assert!(!world.wait_trouble().is_empty());
    let trouble = app::status(&world.desk.home)["trouble"]["message"].clone();
    assert!(trouble.as_str().is_some_and(|m| m.contains("locked") && m.contains("Copy Last Text")), "{trouble}");
    world.dictate(Kind::Gtk, Mic::A, 0);
}

fn quits_from_the_menu(world: &mut World) {
    world.app();
    world.desk.tray.wait_icon("there", SOON, |_| true);
    world.desk.tray.click(&["Quit Tawk"]);
    assert_eq!(world.wait_app_end(), 0);
    wait_until("the end of the icon", SOON, || world.desk.tray.icon().is_none());
    world.tawk(&["status"]).refused(12);
}

fn log(world: &mut World) {
    world.restart_with("[log]\nlevel = \"debug\"\n");
    for number in 0..3 {
        world.dictate(Kind::Gtk, Mic::A, number);
    }
    world.end_app();
    let log = world.desk.home.log();
    assert!(log.contains("INFO") && log.contains("DEBUG"), "The log has no levels:\n{log}");
    let files = files(&world.desk.home.data("logs"));
    assert!(files.iter().any(|file| file.extension() == Some("log".as_ref())), "{files:?}");
    expect_no_words(&log);
    world.restart_with("");
}

/// Makes sure that nothing of what the demo says stands in `log`.
#[track_caller]
pub(crate) fn expect_no_words(log: &str) {
    let plain = plain_words(log);
    for sentence in sentences("demo") {
        let words = plain_words(&sentence.text);
        // Three words in a row are no accident; of shorter sentences, all of it.
        for three in words.split(' ').collect::<Vec<_>>().windows(3.min(words.split(' ').count())) {
            let said = three.join(" ");
            assert!(!plain.contains(&said), "The log holds “{said}”.");
        }
    }
}

/// Lower-case words with single spaces between them.
fn plain_words(text: &str) -> String {
    let letters = text.to_lowercase().replace(|c: char| !c.is_alphanumeric(), " ");
    letters.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn display_lost(world: &mut World) {
    let (held, length) = in_mid_dictation(world, 3);
    held.forget();
    world.desk.display.kill_server();
    world.wait_app_end();
    // GTK ends the program at once when its display goes, so there may be no time to name the reason.
    let mut left = files(&world.desk.home.data("recordings"));
    left.retain(|file| !is_delivered(file));
    assert_eq!(left.len(), 1, "{left:?}");
    let name = left[0].display().to_string();
    let kept = if name.ends_with("-unfinished.journal") {
        world.tawk(&["recover", "--json"]).json()[0]["seconds"].as_f64().unwrap_or_default()
    } else {
        assert!(name.ends_with("-quit.wav"), "{name}");
        seconds_of(&left[0])
    };
    assert!(kept >= length.as_secs_f64(), "Only {kept} s were kept.");
}

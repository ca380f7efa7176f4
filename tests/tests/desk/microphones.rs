//! Choosing a microphone, and microphones that come and go.

use std::time::Duration;

use tawk_tests::app;
use tawk_tests::keys;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::sound::Sound;
use tawk_tests::wait::{pause, wait_until};
use tawk_tests::webdriver::WebDriver;

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("devices_lists_the_microphones_and_no_monitor", devices),
        check("microphone_b_chosen_in_the_tray", chosen_in_the_tray),
        check("microphone_b_survives_a_restart", survives_a_restart),
        check("microphone_b_chosen_in_the_settings_window", chosen_in_the_window),
        check("the_systems_default_is_followed", follows_the_default),
        check("a_chosen_microphone_that_is_away_is_said_so", away),
        check("the_next_of_the_list_is_used_while_the_first_is_away", next_of_the_list),
        check("the_next_microphone_takes_over_in_mid_dictation", goes_on),
        check("a_microphone_lost_in_mid_dictation_loses_nothing", lost),
        check("no_microphone_at_all_is_said_so", none_at_all),
        check("a_sound_server_that_dies_in_mid_dictation_loses_nothing", server_dies),
    ]
}

fn devices(world: &mut World) {
    let rows = world.tawk(&["devices", "--json"]).json();
    let found: Vec<_> = rows
        .as_array()
        .expect("It is a list.")
        .iter()
        .map(|row| (row["name"].as_str().unwrap_or_default().to_owned(), row["is_default"] == true))
        .collect();
    assert_eq!(found, [(Sound::NAME_A.to_owned(), true), (Sound::NAME_B.to_owned(), false)]);
    let text = world.tawk(&["devices"]).ok();
    assert_eq!(text.lines().count(), 2, "{text}");
}

/// The stable id of microphone B.
#[track_caller]
fn id_of_b(world: &World) -> String {
    let rows = world.tawk(&["devices", "--json"]).json();
    let row = rows.as_array().and_then(|rows| rows.iter().find(|row| row["name"] == Sound::NAME_B)).cloned();
    row.and_then(|row| row["id"].as_str().map(str::to_owned)).expect("Microphone B has an id.")
}

/// Speech into A types nothing, speech into B is typed.
#[track_caller]
fn hears_only_b(world: &mut World, kind: Kind, number: usize) {
    let (_, clip) = world.demo(number + 1);
    world.receiver(kind);
    world.hold_and_say(Mic::A, &clip);
    world.wait_nothing_heard();
    world.open_receiver(kind).expect_nothing(Duration::from_millis(700));
    world.forget_recordings();
    world.dictate(kind, Mic::B, number);
}

fn chosen_in_the_tray(world: &mut World) {
    world.app();
    world.desk.tray.click(&["Microphone", Sound::NAME_B]);
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    hears_only_b(world, Kind::Gtk, 0);
}

fn survives_a_restart(world: &mut World) {
    let id = id_of_b(world);
    world.app();
    world.desk.tray.click(&["Microphone", Sound::NAME_B]);
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    assert_eq!(world.end_app(), 0);
    let settings = world.desk.home.settings_text();
    assert!(settings.contains(&id), "The settings do not hold {id}:\n{settings}");
    world.app();
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    hears_only_b(world, Kind::Tk, 2);
    world.desk.tray.click(&["Microphone", "System Default"]);
    world.desk.tray.wait_chosen(&["Microphone", "System Default"]);
    world.dictate(Kind::Tk, Mic::A, 3);
}

fn chosen_in_the_window(world: &mut World) {
    let id = id_of_b(world);
    world.end_app();
    world.desk.home.write_settings("");
    {
        let window = WebDriver::start(&world.desk.home, &["--window"]);
        window.go("microphones");
        let row = format!("[data-microphone=\"{id}\"]");
        assert!(window.text(&row).contains(Sound::NAME_B));
        window.click(&format!("{row} [data-step=\"add\"]"));
        let home = &world.desk.home;
        wait_until("the setting", Duration::from_secs(10), || home.settings_text().contains(&id));
        world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
        hears_only_b(world, Kind::Chromium, 4);
        // The order by keyboard: down, and up again, with the button staying the keyboard's.
        let order = || home_order(&world.desk.home);
        assert_eq!(order(), [id.clone(), "default".into()]);
        window.type_into(&format!("{row} [data-step=\"down\"]"), ENTER);
        wait_until("the other order", SOON, || order() == ["default".to_owned(), id.clone()]);
        let focus = "return document.activeElement.dataset.focus";
        wait_until("the keyboard's place", SOON, || {
            window.script(focus, &[]) == serde_json::json!(format!("down {id}"))
        });
        window.type_into(&format!("{row} [data-step=\"up\"]"), ENTER);
        wait_until("the order before", SOON, || order() == [id.clone(), "default".into()]);
    }
    let home = &world.desk.home;
    wait_until("the end of the app", SOON, || app::run(&mut app::tawk(home, &["status"])).code != 0);
    world.app();
    hears_only_b(world, Kind::Xterm, 6);
    world.restart_with("");
}

/// Enter, as WebDriver writes it.
const ENTER: &str = "\u{e007}";

/// The microphones of the settings file, in its order.
fn home_order(home: &tawk_tests::home::Home) -> Vec<String> {
    let settings: toml::Table = home.settings_text().parse().unwrap_or_default();
    let list = settings.get("microphone").and_then(|table| table.get("priority")).and_then(toml::Value::as_array);
    let id = |one: &toml::Value| one.as_str().or_else(|| one.get("id")?.as_str()).map(str::to_owned);
    list.into_iter().flatten().filter_map(id).collect()
}

fn follows_the_default(world: &mut World) {
    world.app();
    world.desk.sound.make_default(&world.desk.home, "mic_b");
    pause(300);
    hears_only_b(world, Kind::Gtk, 5);
    world.desk.sound.make_default(&world.desk.home, "mic_a");
    pause(300);
    world.dictate(Kind::Gtk, Mic::A, 5);
}

fn away(world: &mut World) {
    // The old form of the setting: this one microphone and no other.
    let id = id_of_b(world);
    world.restart_with(&format!("[microphone]\nid = \"{id}\"\nname = \"{}\"\n", Sound::NAME_B));
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_b");
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    let code = world.wait_trouble();
    drop(held);
    let desk = &mut world.desk;
    desk.sound.plug(&desk.home, "mic_b");
    assert_eq!(code, "no-microphone");
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
    // Plugged in again, it works without any further ado.
    pause(500);
    world.dictate(Kind::Gtk, Mic::B, 0);
    world.restart_with("");
}

fn next_of_the_list(world: &mut World) {
    world.app();
    world.desk.tray.click(&["Microphone", Sound::NAME_B]);
    world.desk.tray.wait_chosen(&["Microphone", Sound::NAME_B]);
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_b");
    world.dictate(Kind::Gtk, Mic::A, 1);
    let rows = world.tawk(&["devices", "--json"]).json();
    let seen = |at: usize| (rows[at]["name"].as_str().unwrap_or_default().to_owned(), rows[at]["is_connected"] == true);
    assert_eq!([seen(0), seen(1)], [(Sound::NAME_B.to_owned(), false), (Sound::NAME_A.to_owned(), true)]);
    let desk = &mut world.desk;
    desk.sound.plug(&desk.home, "mic_b");
    pause(500);
    hears_only_b(world, Kind::Gtk, 2);
    world.restart_with("");
}

/// The plug is pulled between two sentences; the second is spoken into the other microphone.
fn goes_on(world: &mut World) {
    let ((first, clip), (second, other_clip)) = (world.demo(1), world.demo(2));
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_a");
    // The system's default, which Tawk was told to use, is now the other one.
    let home = &world.desk.home;
    wait_until("the other microphone", SOON, || app::status(home)["microphone"] == Sound::NAME_B);
    world.wait_state("listening");
    assert_eq!(app::status(&world.desk.home)["note"]["code"], "microphone-replaced");
    pause(300);
    world.mic(Mic::B).say(&other_clip);
    drop(held);
    world.open_receiver(Kind::Gtk).expect(&format!("{first} {second} "), SOON);
    world.wait_state("idle");
    let desk = &mut world.desk;
    desk.sound.plug(&desk.home, "mic_a");
    desk.sound.make_default(&desk.home, "mic_a");
    world.expect_no_recording();
    pause(500);
    world.dictate(Kind::Gtk, Mic::A, 3);
}

fn lost(world: &mut World) {
    let (text, clip) = world.demo(1);
    // This microphone and no other, although there is one.
    world.restart_with("[microphone]\npriority = [\"pulseaudio:mic_a\"]\n");
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_a");
    // The key is still held: what was heard waits for it.
    pause(1500);
    drop(held);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    let code = world.wait_trouble();
    let desk = &mut world.desk;
    desk.sound.plug(&desk.home, "mic_a");
    desk.sound.make_default(&desk.home, "mic_a");
    assert_eq!(code, "microphone-lost");
    world.expect_recording("failed", clip.length().mul_f32(0.8));
    pause(500);
    world.dictate(Kind::Gtk, Mic::A, 2);
    world.restart_with("");
}

fn none_at_all(world: &mut World) {
    world.app();
    world.receiver(Kind::Gtk);
    let desk = &mut world.desk;
    desk.sound.unplug(&desk.home, "mic_a");
    desk.sound.unplug(&desk.home, "mic_b");
    let answers = [world.tawk(&["devices"]), world.tawk(&["dictate"])];
    let report = world.tawk(&["doctor", "--json"]);
    let held = keys::hold_hotkey(&world.desk.home);
    let code = world.wait_trouble();
    drop(held);
    let desk = &mut world.desk;
    desk.sound.plug(&desk.home, "mic_a");
    desk.sound.plug(&desk.home, "mic_b");
    desk.sound.make_default(&desk.home, "mic_a");
    for answer in answers {
        answer.refused(5);
    }
    assert_eq!((report.code, code.as_str()), (1, "no-microphone"));
    world.open_receiver(Kind::Gtk).expect_nothing(Duration::from_millis(300));
    world.expect_no_recording();
    pause(500);
    world.dictate(Kind::Gtk, Mic::A, 3);
}

fn server_dies(world: &mut World) {
    let (_, clip) = world.demo(1);
    world.app();
    world.receiver(Kind::Gtk);
    let held = keys::hold_hotkey(&world.desk.home);
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    world.desk.sound.kill_server();
    pause(500);
    drop(held);
    let code = world.wait_trouble();
    let desk = &mut world.desk;
    desk.sound.restart(&mut desk.home);
    assert!(code == "microphone-lost" || code == "no-microphone", "{code}");
    world.expect_recording("failed", clip.length().mul_f32(0.8));
    world.dictate(Kind::Gtk, Mic::A, 4);
}

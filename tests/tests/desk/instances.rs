//! Several programs at once: two apps with one home and with two, and commands beside a recording app. Nobody touches a
//! journal that somebody else is writing.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tawk_tests::app::{self, App};
use tawk_tests::clip::Clip;
use tawk_tests::home::{Home, files};
use tawk_tests::process::Process;
use tawk_tests::programs;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::wait::wait_until;

use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("a_second_start_in_mid_dictation_hands_over_and_touches_nothing", second_start),
        check("of_many_starts_at_once_one_lives", many_starts),
        check("apps_with_two_homes_record_side_by_side", two_homes),
        check("commands_beside_a_recording_app_never_touch_its_journal", commands_beside),
    ]
}

/// Starts a dictation, says the demo sentence `number`, and gives its text and the journal.
fn begin(world: &mut World, number: usize) -> (String, PathBuf) {
    let (text, clip) = world.demo(number);
    world.receiver(Kind::Gtk);
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    world.mic(Mic::A).say(&clip);
    let journals = journals(&world.desk.home);
    assert_eq!(journals.len(), 1, "{journals:?}");
    (text, journals[0].clone())
}

/// Ends the dictation that [`begin`] has begun, and expects its text.
fn end(world: &mut World, text: &str, journal: &PathBuf) {
    assert_eq!(&journals(&world.desk.home), std::slice::from_ref(journal), "The journal is not what it was.");
    world.tawk(&["toggle"]).ok();
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
    world.expect_no_recording();
    wait_until("the end of the journal", SOON, || journals(&world.desk.home).is_empty());
}

fn second_start(world: &mut World) {
    world.app();
    let (text, journal) = begin(world, 1);
    let length = fs::metadata(&journal).expect("It is there.").len();
    let second = app::run(&mut world.desk.home.command(programs::tawk_app()));
    assert_eq!(second.code, 0, "{second:?}");
    assert!(second.out.contains("running already") && !second.err.contains("panicked"), "{second:?}");
    world.wait_state("listening");
    assert!(fs::metadata(&journal).expect("It is there.").len() >= length);
    // The first one opens its window, which takes the keyboard.
    wait_until("the window", SOON, || world.desk.has_keyboard("Tawk Settings"));
    world.receiver(Kind::Gtk);
    end(world, &text, &journal);
    world.restart_with("");
}

fn many_starts(world: &mut World) {
    world.end_app();
    let home = &world.desk.home;
    let start = |number: usize| {
        Process::start(&format!("start-{number}"), &home.path(""), &mut home.command(programs::tawk_app()))
    };
    let mut running: Vec<Process> = (0..5).map(start).collect();
    // All but one end by themselves.
    let mut ended = Vec::new();
    wait_until("the end of all but one", Duration::from_secs(60), || {
        if let Some(at) = running.iter_mut().position(|process| !process.runs()) {
            ended.push(running.swap_remove(at));
        }
        running.len() == 1
    });
    for process in &mut ended {
        let status = process.end(Duration::ZERO).expect("It has ended.");
        assert!(status.success() && process.log().contains("running already"), "{}", process.last_words());
    }
    wait_until("an answer", SOON, || app::run(&mut app::tawk(home, &["status"])).code == 0);
    app::run(&mut app::tawk(home, &["quit"])).ok();
    let status = running[0].end(SOON).expect("It ends when it is asked to.");
    assert!(status.success(), "{}", running[0].last_words());
}

fn two_homes(world: &mut World) {
    world.app();
    let mut other = Home::new();
    for variable in ["DISPLAY", "PULSE_SERVER", "DBUS_SESSION_BUS_ADDRESS", "NO_AT_BRIDGE", "GTK_A11Y", "GDK_BACKEND"] {
        if let Some(value) = world.desk.home.variable(variable) {
            other.set(variable, value);
        }
    }
    // The sound server wants to see it.
    let cookie = "home/.config/pulse/cookie";
    fs::create_dir_all(other.path("home/.config/pulse")).expect("A folder can be made.");
    fs::copy(world.desk.home.path(cookie), other.path(cookie)).expect("The cookie can be copied.");
    let rows = world.tawk(&["devices", "--json"]).json();
    let second_mic = rows[1]["id"].as_str().expect("There is a second microphone.").to_owned();
    other.write_settings(&format!("[dictation]\nhotkey = \"Ctrl+Alt+J\"\n[microphone]\nid = \"{second_mic}\"\n"));
    let mut second = App::start(&other, &[]);

    let (text, journal) = begin(world, 1);
    let (other_text, other_clip) = world.demo(3);
    app::run(&mut app::tawk(&other, &["toggle"])).ok();
    app::wait_state(&other, "listening", SOON);
    world.mic(Mic::B).say(&other_clip);
    let theirs = journals(&other);
    assert_eq!(theirs.len(), 1, "{theirs:?}");
    end(world, &text, &journal);
    assert_eq!(journals(&other), theirs);
    world.receiver(Kind::Gtk);
    app::run(&mut app::tawk(&other, &["toggle"])).ok();
    world.open_receiver(Kind::Gtk).expect(&format!("{other_text} "), SOON);
    assert_eq!(second.terminate(), 0);
}

fn commands_beside(world: &mut World) {
    world.restart_with("");
    let (text, journal) = begin(world, 1);
    let name = journal.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let id = name.split('-').next().unwrap_or_default();
    assert_eq!(world.tawk(&["recover", "--json"]).json(), serde_json::json!([]));
    assert!(world.tawk(&["recover", id]).refused(3).contains(id));
    world.tawk(&["recover", id, "--discard"]).refused(3);
    world.tawk(&["recover", "--all"]).ok();
    world.tawk(&["recover", "--all", "--discard"]).ok();
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    assert!(journal.is_file(), "A command has removed what is being recorded.");

    // A second dictation, by the command and with the other microphone, in the same folder.
    let rows = world.tawk(&["devices", "--json"]).json();
    let second_mic = rows[1]["id"].as_str().expect("There is a second microphone.").to_owned();
    let (other_text, other_clip) = world.demo(2);
    let mut command = app::tawk(&world.desk.home, &["dictate", "--device", &second_mic]);
    let running = thread::spawn(move || app::run(&mut command));
    wait_until("a second journal", SOON, || journals(&world.desk.home).len() == 2);
    world.mic(Mic::B).say(&Clip::silence(Duration::from_millis(300)).then(&other_clip));
    assert_eq!(world.tawk(&["recover", "--json"]).json(), serde_json::json!([]), "Both are being made.");
    let answer = running.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert_eq!(answer.ok().trim_end(), other_text);
    world.wait_state("listening");
    end(world, &text, &journal);
}

fn journals(home: &Home) -> Vec<PathBuf> {
    let is_journal = |path: &PathBuf| path.extension() == Some("journal".as_ref());
    files(&home.data("recordings")).into_iter().filter(is_journal).collect()
}

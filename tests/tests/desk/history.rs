//! What was dictated is remembered, found, and deleted for good.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::Duration;

use nix::sys::signal::Signal;
use serde_json::{Value, json};
use tawk_tests::app;
use tawk_tests::clip::convert;
use tawk_tests::receiver::Kind;
use tawk_tests::runner::{Check, check};
use tawk_tests::sentences::{Sentence, sentences};
use tawk_tests::wait::wait_until;
use tawk_tests::webdriver::WebDriver;

use crate::dictation::clipboard;
use crate::world::{Mic, SOON, World};

pub(crate) fn checks() -> Vec<Check<World>> {
    vec![
        check("a_dictation_is_in_the_history_until_it_is_deleted", remembered),
        check("a_dictation_can_be_recognised_again", recognised_again),
        check("a_recording_is_played_by_command_and_in_the_window", played),
        check("the_last_texts_are_in_the_menu_and_survive_a_restart", in_the_menu),
        check("a_text_is_typed_again_from_the_menu", typed_again),
        check("the_window_finds_and_deletes_a_dictation", in_the_window),
        check("with_the_history_off_nothing_is_written", off),
    ]
}

fn listed(world: &World) -> Vec<Value> {
    let listed = world.tawk(&["history", "list", "--json"]).json();
    listed.as_array().expect("It is a list.").clone()
}

/// Forgets everything, then dictates and waits until the dictation is remembered with its recording.
fn dictate_anew(world: &mut World, number: usize) -> (String, Value) {
    world.app();
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    world.dictate(Kind::Gtk, Mic::A, number);
    wait_until("the dictation in the history", SOON, || listed(world).iter().any(|one| one["audio"].is_string()));
    let (text, _) = world.demo(number);
    (text, listed(world).remove(0))
}

fn remembered(world: &mut World) {
    let (text, one) = dictate_anew(world, 2);
    assert_eq!(one["text"], text);
    assert_eq!(one["fate"], "typed");
    assert_eq!(one["untyped"], Value::Null);
    assert!(one["length_ms"].as_u64().is_some_and(|ms| ms > 500), "{one}");
    assert!(one["timing"]["release_to_text"].is_number() && one["model"].is_string(), "{one}");
    assert!(one["microphone"].as_str().is_some_and(|name| !name.is_empty()), "{one}");
    let word = text.split_whitespace().next().expect("There is a word.").to_lowercase();
    let found = world.tawk(&["history", "search", &word[..3], "--json"]).json();
    assert_eq!(found[0]["id"], one["id"]);

    let home = &world.desk.home;
    let audio = home.delivered();
    assert_eq!(
        audio.iter().map(|path| path.display().to_string()).collect::<Vec<_>>(),
        [one["audio"].as_str().unwrap_or_default()]
    );
    let history = home.data("history.sqlite3");
    for file in audio.iter().chain([&history, &home.data("history.lock")]) {
        let mode = fs::metadata(file).expect("It is there.").permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{}", file.display());
    }

    let id = one["id"].to_string();
    // Nobody is there to be asked.
    world.tawk(&["history", "delete", &id]).refused(2);
    assert!(audio[0].exists());
    world.tawk(&["history", "delete", &id, "--yes"]).ok();
    assert!(!audio[0].exists(), "The recording of a deleted dictation is still there.");
    assert!(listed(world).is_empty());
    let bytes = fs::read(history).expect("The history can be read.");
    let left = String::from_utf8_lossy(&bytes).to_lowercase();
    assert!(!left.contains(&text.to_lowercase()), "The deleted text is still in the file.");
    world.tawk(&["history", "show", &id]).refused(3);
}

fn recognised_again(world: &mut World) {
    let (text, one) = dictate_anew(world, 3);
    let id = one["id"].to_string();
    let again = world.tawk(&["history", "retranscribe", &id, "--json"]).json();
    assert_eq!(again["first_text"], text, "The first text stays.");
    assert!(again["text"].as_str().is_some_and(|text| !text.is_empty()), "{again}");
    assert_eq!(world.tawk(&["history", "show", &id]).ok().trim(), again["text"].as_str().unwrap_or_default());
    world.tawk(&["history", "retranscribe", "999999"]).refused(3);

    // In the window: the recording holds another sentence by now, so that the new text shows.
    let Sentence { file, text: other } = sentences("demo").swap_remove(5);
    let audio = again["audio"].as_str().expect("It has a recording.");
    convert(&file, Path::new(audio), "-b 16 -c 1 -r 16000", "");
    world.end_app();
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    window.go("history");
    window.click(&format!("[data-focus=\"again {id}\"]"));
    let offered = "return [...document.querySelectorAll(arguments[0])].map((option) => option.value)";
    let select = format!("[data-focus=\"model {id}\"] option");
    assert_eq!(window.script(offered, &[json!(select)]), json!(["demo"]));
    window.click(&format!("[data-focus=\"yes {id}\"]"));
    wait_until("the new text", SOON, || shown(&window, "#dictations .said") == other);
    wait_until("the first text beside it", SOON, || {
        shown(&window, "#dictations .dictation").contains(&format!("Recognised at first: {text}"))
    });
    assert_eq!(listed(world)[0]["first_text"], text);
}

fn played(world: &mut World) {
    let (text, one) = dictate_anew(world, 0);
    let id = one["id"].to_string();
    let heard = world.desk.home.path("heard.wav");
    let mut ear = world.desk.sound.listen(&world.desk.home, &heard);
    world.tawk(&["history", "play", &id]).ok();
    ear.signal(Signal::SIGINT);
    assert!(ear.end(SOON).is_some(), "parec goes on.");
    // What came out of the loudspeaker is what was said.
    assert_eq!(world.tawk(&["transcribe", &heard.display().to_string()]).ok().trim(), text);
    world.tawk(&["history", "play", "999999"]).refused(3);

    lengthen(Path::new(one["audio"].as_str().expect("It has a recording.")));
    world.end_app();
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    window.go("history");
    let button = format!("[data-focus=\"play {id}\"]");
    let label = || window.script("return document.querySelector(arguments[0]).ariaLabel", &[json!(button)]);
    let told = || window.script("return document.querySelector('#history-playing').textContent", &[]);
    let playing = |which: &Value| {
        wait_until("what is being played", SOON, || app::status(&world.desk.home)["playing"] == *which);
    };
    wait_until("the button", SOON, || shown(&window, &button) == "Play");
    assert_eq!(label(), format!("Play: {text}"));
    window.click(&button);
    playing(&one["id"]);
    wait_until("the other button", SOON, || shown(&window, &button) == "Stop");
    assert_eq!((label(), told()), (json!(format!("Stop: {text}")), json!(format!("Playing: {text}"))));
    // The button is in its place and has the focus still.
    assert_eq!(window.script("return document.activeElement.dataset.focus", &[]), format!("play {id}"));
    window.click(&button);
    playing(&Value::Null);
    wait_until("the first button", SOON, || shown(&window, &button) == "Play");
    assert_eq!(told(), "Stopped.");
}

/// The text of an element, asked for in one step: the list is drawn anew when something changes.
fn shown(window: &WebDriver, css: &str) -> String {
    let text = window.script("return document.querySelector(arguments[0])?.textContent ?? ''", &[json!(css)]);
    text.as_str().unwrap_or_default().to_owned()
}

/// Makes a recording two minutes long, so that it does not end while somebody looks.
fn lengthen(recording: &Path) {
    let mut reader = hound::WavReader::open(recording).expect("It is a WAV file.");
    let samples: Vec<i16> = reader.samples().map(|sample| sample.expect("It is whole.")).collect();
    let mut writer = hound::WavWriter::create(recording, reader.spec()).expect("It can be written.");
    for &sample in samples.iter().cycle().take(120 * 16_000) {
        writer.write_sample(sample).expect("There is room.");
    }
    writer.finalize().expect("There is room.");
}

fn in_the_menu(world: &mut World) {
    let (text, _) = dictate_anew(world, 4);
    let start: String = text.chars().take(20).collect();
    let is_there = |world: &mut World| {
        let menu = world.desk.tray.menu();
        menu.iter().any(|entry| {
            entry.path.len() == 2 && entry.path[0] == "Copy Recent Text" && entry.path[1].starts_with(&start)
        })
    };
    wait_until("the text in the menu", Duration::from_secs(10), || is_there(world));
    world.end_app();
    world.app();
    wait_until("the text in the menu after a restart", Duration::from_secs(10), || is_there(world));
    let has_last = |world: &World| tawk_tests::app::status(&world.desk.home)["has_last_text"] == true;
    wait_until("the last text after a restart", SOON, || has_last(world));
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    wait_until("the end of the text in the menu", Duration::from_secs(10), || !is_there(world));
    wait_until("the end of the last text", SOON, || !has_last(world));
}

fn typed_again(world: &mut World) {
    let (text, _) = dictate_anew(world, 4);
    // Emptied.
    world.receiver(Kind::Gtk);
    let menu = "Type Recent Text";
    let is_text = |path: &[String]| path.len() == 2 && path[0] == menu;
    let mut found = None;
    wait_until("the text in the menu", Duration::from_secs(10), || {
        found = world.desk.tray.menu().into_iter().map(|entry| entry.path).find(|path| is_text(path));
        found.is_some()
    });
    let found = found.expect("It was found.");
    world.desk.tray.click(&[menu, &found[1]]);
    world.open_receiver(Kind::Gtk).expect(&format!("{text} "), SOON);
    world.wait_state("idle");
    world.expect_no_recording();
    assert_eq!(listed(world).len(), 1, "It is no dictation of its own.");
    // Not into what is being spoken.
    world.tawk(&["toggle"]).ok();
    world.wait_state("listening");
    wait_until("a menu without it", Duration::from_secs(10), || {
        world.desk.tray.entry(&[menu]).is_some_and(|entry| !entry.enabled)
    });
    world.tawk(&["cancel"]).ok();
    world.wait_state("idle");
    world.forget_recordings();
}

fn in_the_window(world: &mut World) {
    let (text, one) = dictate_anew(world, 0);
    world.end_app();
    let window = WebDriver::start(&world.desk.home, &["--window"]);
    window.go("history");
    wait_until("the dictation", SOON, || window.text("#dictations .said") == text);
    let write = "const i = document.querySelector('#history-query'); i.value = arguments[0]; \
                 i.dispatchEvent(new Event('input', { bubbles: true }))";
    window.script(write, &[json!("zzz")]);
    wait_until("the remark that there is none", SOON, || window.text("#history-found") == "Nothing was found.");
    window.script(write, &[json!(text.split_whitespace().next())]);
    wait_until("what was found", SOON, || window.text("#dictations .said") == text);

    // Health has its times, and a report without its words.
    window.go("health");
    window.wait("#times tbody tr");
    window.click("#copy-report");
    wait_until("the report", SOON, || window.text("#note-report") == "Copied.");
    let report = clipboard(world);
    assert!(report.contains("microphone") && report.contains("release_to_text="), "{report}");
    assert!(!report.contains(&text), "{report}");

    window.go("history");
    let id = &one["id"];
    window.click(&format!("[data-focus=\"delete {id}\"]"));
    window.click("[data-action=\"keep\"]");
    assert_eq!(listed(world).len(), 1, "It asks before it deletes.");
    window.click(&format!("[data-focus=\"delete {id}\"]"));
    window.click("[data-action=\"sure\"]");
    wait_until("the end of the dictation", SOON, || listed(world).is_empty());
    assert!(world.desk.home.delivered().is_empty());
}

fn off(world: &mut World) {
    world.app();
    world.tawk(&["history", "delete", "--all", "--yes"]).ok();
    world.restart_with("[history]\nenabled = false\n");
    world.dictate(Kind::Gtk, Mic::A, 1);
    world.expect_no_recording();
    world.end_app();
    assert!(listed(world).is_empty());
    assert!(world.desk.home.delivered().is_empty());
    world.restart_with("[history]\naudio = false\n");
    world.dictate(Kind::Gtk, Mic::A, 1);
    wait_until("the dictation in the history", SOON, || listed(world).len() == 1);
    world.end_app();
    assert!(world.desk.home.delivered().is_empty(), "A recording was kept that nobody wanted.");
    world.restart_with("");
}

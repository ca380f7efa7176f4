//! `tawk history` with no app running.

use std::fs;
use std::time::{Duration, UNIX_EPOCH};

use serde_json::Value;
use tawk_core::ErrorKind;
use tawk_store::history::{Dictation, TYPED};
use tawk_store::{Folders, History, Recordings};
use tawk_tests::home::Home;

use super::{call, code, demo, files};

/// A home whose history holds these texts.
fn home(texts: &[&str]) -> (Home, History) {
    let home = Home::new();
    let mut folders = Folders::under(home.path(""));
    folders.data = home.data("");
    folders.recordings = home.data("recordings");
    fs::create_dir_all(&folders.recordings).expect("A folder can be made.");
    let history = History::new(&folders);
    for text in texts {
        history
            .add(&Dictation {
                at_ms: 1_700_000_000_000,
                text: (*text).into(),
                fate: TYPED.into(),
                ..Dictation::default()
            })
            .expect("It can be added.");
    }
    (home, history)
}

fn ids(answer: &Value) -> Vec<i64> {
    answer.as_array().expect("It is a list.").iter().filter_map(|one| one["id"].as_i64()).collect()
}

#[test]
fn the_history_is_listed_searched_and_shown() {
    let (home, _) = home(&["The quick brown fox", "Grüße aus Zürich", &"long ".repeat(50)]);
    let plain = call(&home, &["history", "list"]).ok();
    let lines: Vec<_> = plain.lines().collect();
    assert_eq!(lines.len(), 3);
    assert!(lines[0].trim_start().starts_with("3  2023-11-1") && lines[0].ends_with('…'), "{}", lines[0]);
    assert!(lines[2].ends_with("The quick brown fox"), "{}", lines[2]);
    assert_eq!(ids(&call(&home, &["history", "list", "--json", "--limit", "1", "--before", "3"]).json()), [2]);
    assert_eq!(ids(&call(&home, &["history", "search", "zuri", "--json"]).json()), [2]);
    assert_eq!(call(&home, &["history", "search", "\" OR NEAR("]).ok(), "");
    assert_eq!(call(&home, &["history", "show", "2"]).ok(), "Grüße aus Zürich\n");
    assert_eq!(call(&home, &["history", "show", "2", "--json"]).json()["at_ms"], 1_700_000_000_000_i64);
    call(&home, &["history", "show", "9"]).refused(code(ErrorKind::NotFound));
    assert_eq!(call(&home, &["history", "list", "--limit", "0"]).code, code(ErrorKind::Usage));
}

#[test]
fn the_history_is_exported() {
    let (home, _) = home(&["One.", "Two."]);
    let lines = call(&home, &["history", "export", "--json"]).ok();
    let texts: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON")["text"].take()).collect();
    assert_eq!(texts, ["One.", "Two."]);
    let file = home.path("out.txt");
    let name = file.to_str().expect("The path is UTF-8.");
    call(&home, &["history", "export", "--to", name]).ok();
    let text = fs::read_to_string(&file).expect("It was written.");
    assert!(text.contains("\nOne.\n") && text.contains("\nTwo.\n"), "{text}");
    call(&home, &["history", "export", "--to", name]).refused(code(ErrorKind::Usage));
    assert_eq!(fs::read_to_string(&file).expect("It is still there."), text);
}

#[test]
fn deleting_needs_a_yes_and_takes_all_or_nothing() {
    let (home, history) = home(&["One.", "Two.", "Three."]);
    call(&home, &["history", "delete", "1"]).refused(code(ErrorKind::Usage));
    call(&home, &["history", "delete", "1", "9", "--yes"]).refused(code(ErrorKind::NotFound));
    assert_eq!(call(&home, &["history", "delete", "--yes"]).code, code(ErrorKind::Usage));
    assert_eq!(call(&home, &["history", "delete", "1", "--all", "--yes"]).code, code(ErrorKind::Usage));
    assert_eq!(history.list(None, 9).expect("It can be read.").len(), 3);
    call(&home, &["history", "delete", "1", "3", "--yes"]).ok();
    assert_eq!(ids(&call(&home, &["history", "list", "--json"]).json()), [2]);
    call(&home, &["history", "delete", "--all", "--yes"]).ok();
    assert_eq!(call(&home, &["history", "list"]).ok(), "");
}

#[test]
fn a_recording_is_recognised_again_with_the_model_that_is_there() {
    let (home, history) = home(&["wrong words"]);
    call(&home, &["history", "retranscribe", "1"]).refused(code(ErrorKind::NotFound));
    let (good, text) = demo(0);
    let audio = home.data("recordings/20231114T221320.000Z-delivered.wav");
    super::convert(&good, &audio, "-b 16 -c 1 -r 16000", "");
    history.set_audio(1, &audio).expect("It is there.");
    assert_eq!(call(&home, &["history", "retranscribe", "1"]).ok().trim(), text);
    let shown = call(&home, &["history", "show", "1", "--json"]).json();
    assert_eq!((&shown["first_text"], &shown["text"]), (&"wrong words".into(), &text.into()));
    call(&home, &["history", "retranscribe", "1", "--model", "none-such"]).refused(code(ErrorKind::NotFound));
}

#[test]
fn a_damaged_history_is_set_aside_and_told() {
    let (home, history) = home(&["One."]);
    fs::write(history.path(), "damaged ".repeat(1000)).expect("It can be written.");
    let answer = call(&home, &["history", "list"]);
    assert_eq!((answer.code, answer.out.as_str()), (0, ""));
    assert!(answer.err.contains("was damaged") && answer.err.contains("history-damaged-1.sqlite3"), "{}", answer.err);
    assert!(home.data("history-damaged-1.sqlite3").is_file());
    assert_eq!(call(&home, &["history", "list"]).err, "");
}

#[test]
fn what_a_crash_cut_short_is_remembered_once_it_is_recovered() {
    let (home, _) = home(&[]);
    let (good, text) = demo(0);
    let wav = home.path("spoken.wav");
    super::convert(&good, &wav, "-b 16 -c 1 -r 16000", "");
    let mut reader = hound::WavReader::open(&wav).expect("It is a WAV file.");
    let samples: Vec<f32> =
        reader.samples::<i16>().map(|sample| f32::from(sample.expect("It is whole.")) / 32_768.0).collect();
    let mut recording =
        Recordings::at(home.data("recordings")).start(UNIX_EPOCH + Duration::from_millis(1_600_000_000_123));
    recording.set_app("Notes");
    recording.append(0, &samples);
    recording.flush().expect("It can be written.");
    let journal = recording.path().expect("It was made.").to_path_buf();
    drop(recording);
    let left = fs::read(&journal).expect("It can be read.");

    let recovered = call(&home, &["recover", "--all", "--json"]).json();
    assert_eq!(recovered[0]["text"], text);
    let listed = call(&home, &["history", "list", "--json"]).json();
    assert_eq!(ids(&listed).len(), 1, "{listed}");
    assert_eq!((&listed[0]["text"], &listed[0]["audio"]), (&recovered[0]["text"], &recovered[0]["file"]));
    assert_eq!((&listed[0]["fate"], &listed[0]["app"]), (&"recovered".into(), &"Notes".into()));
    assert_eq!(listed[0]["at_ms"], 1_600_000_000_123_i64);
    assert!(listed[0]["model"].as_str().is_some_and(|model| !model.is_empty()), "{listed}");
    let line = call(&home, &["history", "list"]).ok();
    assert!(line.contains("(recovered) ") && line.contains("2020-09-1"), "{line}");

    // As when the power goes before the journal is removed.
    fs::write(&journal, left).expect("It can be written.");
    call(&home, &["recover", "--all"]).ok();
    assert_eq!(call(&home, &["history", "list", "--json"]).json(), listed, "It is there twice, or it has changed.");
    call(&home, &["history", "delete", &ids(&listed)[0].to_string(), "--yes"]).ok();
    assert!(files(&home.data("recordings")).is_empty());
}

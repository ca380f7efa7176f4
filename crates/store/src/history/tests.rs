use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::thread;
use std::time::{Duration, SystemTime};

use tempfile::TempDir;

use super::*;

pub(super) struct Home {
    _root: TempDir,
    pub(super) folders: Folders,
    pub(super) history: History,
}

impl Home {
    pub(super) fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folders = Folders::under(root.path());
        folders.create().unwrap();
        let history = History::new(&folders);
        Self { _root: root, folders, history }
    }

    pub(super) fn say(&self, text: &str) -> i64 {
        self.history.add(&said(text)).unwrap()
    }

    /// A dictation with a recording of `bytes` bytes.
    fn record(&self, text: &str, name: &str, bytes: usize) -> (i64, PathBuf) {
        let path = self.folders.recordings.join(name);
        fs::write(&path, vec![0; bytes]).unwrap();
        let id = self.say(text);
        self.history.set_audio(id, &path).unwrap();
        (id, path)
    }

    fn found(&self, query: &str) -> Vec<String> {
        texts(&self.history.search(query, None, 100).unwrap())
    }
}

pub(super) fn said(text: &str) -> Dictation {
    Dictation { at_ms: 1_700_000_000_000, text: text.into(), fate: TYPED.into(), ..Dictation::default() }
}

fn texts(found: &[Remembered]) -> Vec<String> {
    found.iter().map(|one| one.dictation.text.clone()).collect()
}

fn at(ms: i64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_millis(ms as u64)
}

const NO_LIMITS: Limits = Limits { days: 0, count: 0, megabytes: 0 };

#[test]
fn what_is_added_is_shown_whole() {
    let home = Home::new();
    let audio = home.folders.recordings.join("20231114T221320.000Z-held.wav");
    fs::write(&audio, "sound").unwrap();
    let dictation = Dictation {
        at_ms: 1_700_000_000_000,
        text: "It’s all here, 👋.".into(),
        untyped: Some("here".into()),
        withheld: vec![
            WithheldText { text: "Thank you.".into(), reason: "known-phrase".into() },
            WithheldText { text: "Bye.".into(), reason: "no-speech".into() },
        ],
        fate: "held".into(),
        app: "Notes".into(),
        microphone: "Desk".into(),
        model: "base".into(),
        language: "auto".into(),
        timing: BTreeMap::from([("audio".into(), 1234.5)]),
        length_ms: 1234,
        audio: Some(audio.clone()),
    };
    let id = home.history.add(&dictation).unwrap();
    let shown = home.history.show(id).unwrap();
    assert_eq!((shown.id, &shown.dictation, shown.first_text), (id, &dictation, None));
    assert!(shown.local_time.starts_with("2023-11-1") && shown.local_time.len() == 16, "{}", shown.local_time);
    fs::remove_file(audio).unwrap();
    assert_eq!(home.history.show(id).unwrap().dictation.audio, None, "a recording that is gone is not promised");
}

#[test]
fn only_the_user_can_read_it() {
    let home = Home::new();
    home.say("private");
    let mut seen = 0;
    for file in fs::read_dir(&home.folders.data).unwrap().flatten().filter(|file| file.path().is_file()) {
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", file.file_name());
        seen += 1;
    }
    assert_eq!(seen, 2, "the history and its lock");
    fs::set_permissions(home.history.path(), fs::Permissions::from_mode(0o644)).unwrap();
    home.say("again");
    assert_eq!(fs::metadata(home.history.path()).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn nothing_is_made_by_looking() {
    let home = Home::new();
    assert_eq!(home.history.list(None, 10).unwrap(), []);
    assert_eq!(home.history.show(1).unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(home.history.delete(&[1]).unwrap_err().kind, ErrorKind::NotFound);
    assert_eq!(home.history.delete_all().unwrap(), 0);
    assert_eq!(home.history.prune(NO_LIMITS, SystemTime::now()).unwrap(), 0);
    assert_eq!(home.history.export(Format::Text, &mut Vec::new()).unwrap(), 0);
    assert!(!home.history.path().exists());
}

#[test]
fn pages_follow_one_another() {
    let home = Home::new();
    for number in 1..=5 {
        home.say(&format!("{number}"));
    }
    let first = home.history.list(None, 2).unwrap();
    assert_eq!(texts(&first), ["5", "4"]);
    home.say("6");
    assert_eq!(texts(&home.history.list(Some(first[1].id), 2).unwrap()), ["3", "2"]);
}

#[test]
fn words_are_found_by_their_beginnings() {
    let home = Home::new();
    for text in
        ["The quick brown fox", "Grüße aus ZÜRICH", "100% sure? It's \"done\" AND over", "日本語を話します", "?!"]
    {
        home.say(text);
    }
    for (query, found) in [
        ("qui bro", "The quick brown fox"),
        ("BROWN the", "The quick brown fox"),
        ("zuri", "Grüße aus ZÜRICH"),
        ("\"done", "100% sure? It's \"done\" AND over"),
        ("it's", "100% sure? It's \"done\" AND over"),
        ("AND", "100% sure? It's \"done\" AND over"),
        ("100%", "100% sure? It's \"done\" AND over"),
        ("話し", "日本語を話します"),
        ("?!", "?!"),
    ] {
        assert_eq!(home.found(query), [found], "{query}");
    }
    assert_eq!(home.found("rown"), [""; 0]);
    assert_eq!(home.found("%"), ["100% sure? It's \"done\" AND over"]);
    assert_eq!(home.found("  ").len(), 5);
    // Whatever is typed is looked for, never executed and never an error.
    for odd in [
        "\"",
        "'",
        "*",
        "a*",
        "NEAR(a b)",
        "text:fox",
        "^fox",
        "(",
        "fox)",
        "-fox",
        "a\0b",
        "\0",
        "\u{202e}",
        "{}",
        "\\",
        ";",
    ] {
        home.history.search(odd, None, 10).unwrap_or_else(|error| panic!("{odd:?}: {error}"));
    }
}

#[test]
fn a_text_recognised_again_keeps_the_first() {
    let home = Home::new();
    let id = home.say("wreck a nice beach");
    home.history.set_text(id, "recognise", "small").unwrap();
    home.history.set_text(id, "recognise speech", "large").unwrap();
    let shown = home.history.show(id).unwrap();
    assert_eq!(shown.first_text.as_deref(), Some("wreck a nice beach"));
    assert_eq!((shown.dictation.text.as_str(), shown.dictation.model.as_str()), ("recognise speech", "large"));
    assert_eq!(home.found("speech"), ["recognise speech"]);
    assert_eq!(home.found("beach"), [""; 0], "the index follows the text");
    assert_eq!(home.history.set_text(99, "", "").unwrap_err().kind, ErrorKind::NotFound);
}

#[test]
fn what_is_deleted_is_in_no_file_any_more() {
    let home = Home::new();
    let (id, audio) = home.record("xylophone zeppelin", "20231114T221320.000Z-delivered.wav", 10);
    let stays = home.say("something else");
    let holds = |word: &str| {
        let files = fs::read_dir(&home.folders.data).unwrap().flatten().filter(|file| file.path().is_file());
        files
            .map(|file| fs::read(file.path()).unwrap())
            .any(|bytes| bytes.windows(word.len()).any(|w| w == word.as_bytes()))
    };
    assert!(holds("xylophone zeppelin") && holds("xylophone"));
    assert_eq!(home.history.delete(&[id, 99]).unwrap_err().kind, ErrorKind::NotFound);
    assert!(audio.exists(), "none is deleted when one is not there");
    home.history.delete(&[id]).unwrap();
    assert!(!audio.exists());
    assert!(!holds("xylophone") && !holds("zeppelin") && !holds("ylophone"));
    assert_eq!(home.history.list(None, 9).unwrap()[0].id, stays);
    assert!(home.say("next") > stays, "no number is given twice");
}

#[test]
fn everything_can_be_deleted() {
    let home = Home::new();
    let (_, kept) = home.record("one", "20231114T221320.000Z-cancelled.wav", 10);
    let (_, delivered) = home.record("two", "20231114T221321.000Z-delivered.wav", 10);
    let orphan = home.folders.recordings.join("20231114T221322.000Z-delivered.wav");
    let other = home.folders.recordings.join("20231114T221323.000Z-failed.wav");
    let aside = home.folders.data.join("history-damaged-1.sqlite3");
    for path in [&orphan, &other, &aside] {
        fs::write(path, "x").unwrap();
    }
    assert_eq!(home.history.delete_all().unwrap(), 2);
    assert_eq!(home.history.list(None, 9).unwrap(), []);
    assert!([kept, delivered, orphan, aside].iter().all(|path| !path.exists()));
    assert!(other.exists(), "what failed and is in no history is not the history's to remove");
}

#[test]
fn a_name_that_leads_elsewhere_is_no_recording() {
    let home = Home::new();
    let outside = home.folders.data.join("1.wav");
    fs::write(&outside, "mine").unwrap();
    let id = home.say("x");
    for name in ["../1.wav", "/etc/1.wav", "1/../../1.wav", "notes.txt", ""] {
        home.history.work(|c| Ok(c.execute("UPDATE dictation SET audio = ?", [name])?)).unwrap();
        assert_eq!(home.history.show(id).unwrap().dictation.audio, None);
    }
    home.history.delete(&[id]).unwrap();
    assert!(outside.exists());
}

#[test]
fn old_ones_and_those_beyond_the_number_go() {
    let home = Home::new();
    let day = 24 * 60 * 60 * 1000;
    for age in [40, 3, 2, 1] {
        home.history.add(&Dictation { at_ms: (100 - age) * day, ..said(&format!("{age} days")) }).unwrap();
    }
    let now = at(100 * day);
    assert_eq!(home.history.prune(NO_LIMITS, now).unwrap(), 0);
    assert_eq!(home.history.prune(Limits { days: 30, ..NO_LIMITS }, now).unwrap(), 1);
    assert_eq!(home.history.prune(Limits { count: 2, ..NO_LIMITS }, now).unwrap(), 1);
    assert_eq!(home.found(""), ["1 days", "2 days"]);
    assert_eq!(home.history.prune(Limits { days: 2, ..NO_LIMITS }, now).unwrap(), 0, "exactly as old as allowed stays");
}

#[test]
fn recordings_beyond_the_size_go_but_their_texts_stay() {
    let home = Home::new();
    let megabyte = 1_000_000;
    let (old, _) = home.record("old", "20231114T221320.000Z-delivered.wav", megabyte);
    let (failed, _) = home.record("", "20231114T221319.000Z-failed.wav", 3 * megabyte);
    let (new, _) = home.record("new", "20231114T221330.000Z-delivered.wav", megabyte);
    let has_audio = |id| home.history.show(id).unwrap().dictation.audio.is_some();
    home.history.prune(Limits { megabytes: 2, ..NO_LIMITS }, SystemTime::now()).unwrap();
    assert!(has_audio(old) && has_audio(new) && has_audio(failed));
    home.history.prune(Limits { megabytes: 1, ..NO_LIMITS }, SystemTime::now()).unwrap();
    assert!(!has_audio(old) && has_audio(new));
    home.history.prune(Limits { count: 1, ..NO_LIMITS }, SystemTime::now()).unwrap();
    assert_eq!(home.found(""), ["new", ""]);
    assert!(has_audio(failed), "it is all there is of what was said");
}

#[test]
fn two_that_write_at_once_lose_nothing() {
    let home = Home::new();
    let writers: Vec<_> = (0..4)
        .map(|writer| {
            let history = History::new(&home.folders);
            thread::spawn(move || {
                for number in 0..25 {
                    let id = history.add(&said(&format!("{writer} {number}"))).unwrap();
                    if number % 5 == 0 {
                        history.delete(&[id]).unwrap();
                    }
                }
            })
        })
        .collect();
    for writer in writers {
        writer.join().unwrap();
    }
    assert_eq!(home.history.list(None, 1000).unwrap().len(), 80);
    assert_eq!(home.history.notice(), None);
}

#[test]
fn an_export_has_everything_oldest_first() {
    let home = Home::new();
    for number in 0..450 {
        home.say(&format!("text {number}"));
    }
    let mut json = Vec::new();
    assert_eq!(home.history.export(Format::JsonLines, &mut json).unwrap(), 450);
    let lines: Vec<serde_json::Value> =
        String::from_utf8(json).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((lines.len(), &lines[0]["text"], &lines[449]["fate"]), (450, &"text 0".into(), &"typed".into()));
    let mut text = Vec::new();
    home.history.export(Format::Text, &mut text).unwrap();
    assert!(String::from_utf8(text).unwrap().contains("\ntext 449\n\n"));
}

#[test]
fn a_disk_that_refuses_is_told() {
    let home = Home::new();
    fs::create_dir(home.history.path()).unwrap();
    let error = home.history.add(&said("x")).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Storage);
    assert!(error.message.contains("Move that folder away"), "{error}");
}

//! The `tawk` program in a temporary home, without display, sound or network.
#![allow(clippy::print_stdout)] // A test reports on its standard output.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde_json::Value;
use tawk_core::ErrorKind;
use tawk_tests::app::{Answer, run, run_with, tawk};
use tawk_tests::clip::convert;
use tawk_tests::home::{Home, files};
use tawk_tests::programs::repository;
use tawk_tests::sentences::sentences;

#[path = "command_line/footprint.rs"]
mod footprint;
#[path = "command_line/history.rs"]
mod history;
#[path = "command_line/recognition.rs"]
mod recognition;

/// Runs `tawk` with these arguments.
#[track_caller]
fn call(home: &Home, arguments: &[&str]) -> Answer {
    run(&mut tawk(home, arguments))
}

fn text_of(path: &Path) -> &str {
    path.to_str().expect("The path is UTF-8.")
}

fn code(kind: ErrorKind) -> i32 {
    kind.exit_code().into()
}

/// Transcribes files in one go and gives their texts in order.
#[track_caller]
fn transcribe(home: &Home, files: &[PathBuf], bound: Duration) -> Vec<String> {
    let mut command = tawk(home, &["transcribe", "--json"]);
    command.args(files);
    let answer = run_with(&mut command, "", bound).json();
    let rows = answer["files"].as_array().expect("There are files.");
    assert_eq!(rows.len(), files.len());
    rows.iter().map(|row| row["text"].as_str().expect("There is a text.").to_owned()).collect()
}

/// Makes a variant of a sound file in the home; see [`convert`].
#[track_caller]
fn variant(home: &Home, from: &Path, name: &str, formats: &str, effects: &str) -> PathBuf {
    let to = home.path(name);
    convert(from, &to, formats, effects);
    to
}

fn demo(number: usize) -> (PathBuf, String) {
    let sentence = sentences("demo").swap_remove(number);
    (sentence.file, sentence.text)
}

#[test]
fn several_files_are_told_apart_and_one_bad_one_spoils_nothing() {
    let home = Home::new();
    let (good, text) = demo(0);
    let answer = call(&home, &["transcribe", text_of(&good), "no-such.wav", text_of(&good)]);
    let line = format!("{}: {text}", good.display());
    assert_eq!(answer.out.lines().collect::<Vec<_>>(), [&line, &line]);
    assert!(answer.refused(code(ErrorKind::NotFound)).contains("no-such.wav"));
}

#[test]
fn bad_sound_files_are_named_and_left_alone() {
    let home = Home::new();
    let (good, text) = demo(0);
    let wav = variant(&home, &good, "good.wav", "-b 16 -r 16000", "");
    let bytes = fs::read(&wav).unwrap();
    let write = |name: &str, bytes: &[u8]| {
        fs::write(home.path(name), bytes).unwrap();
        home.path(name)
    };

    // A WAV file with nothing after its header, one that is cut within it, text, noise, nothing at all, a folder.
    let bad = [
        write("header-only.wav", &bytes[..44]),
        write("cut-header.wav", &bytes[..20]),
        write("text.wav", b"This is not a sound file, whatever its name says.\n"),
        write("picture.png", &[0x89, b'P', b'N', b'G', 13, 10, 26, 10, 0, 0, 0, 13]),
        write("zero-bytes.wav", b""),
        home.path("home"),
    ];
    for file in bad {
        let before = fs::read(&file).ok();
        let said = call(&home, &["transcribe", text_of(&file)]).refused(code(ErrorKind::BadInput));
        assert!(said.contains(text_of(&file)), "It does not name the file: {said}");
        assert_eq!(fs::read(&file).ok(), before, "{} was touched.", file.display());
    }

    // Headers that lie about the length: what is really there is heard.
    let mut promises_more = bytes.clone();
    promises_more[4..8].copy_from_slice(&u32::MAX.to_le_bytes());
    promises_more[40..44].copy_from_slice(&(u32::MAX - 36).to_le_bytes());
    let mut says_none = bytes.clone();
    says_none[4..8].copy_from_slice(&0u32.to_le_bytes());
    says_none[40..44].copy_from_slice(&0u32.to_le_bytes());
    for (name, bytes) in [("promises-more.wav", promises_more), ("says-none.wav", says_none)] {
        let file = write(name, &bytes);
        assert_eq!(transcribe(&home, &[file], Duration::from_secs(60)), [text.as_str()], "{name}");
    }

    // Headers that lie about the format cannot be believed at all.
    for (name, at, value) in [("no-channels.wav", 22, 0u32), ("no-rate.wav", 24, 0)] {
        let mut lying = bytes.clone();
        let width = if at == 22 { 2 } else { 4 };
        lying[at..at + width].copy_from_slice(&value.to_le_bytes()[..width]);
        let file = write(name, &lying);
        call(&home, &["transcribe", text_of(&file)]).refused(code(ErrorKind::BadInput));
    }
}

#[test]
fn bad_model_files_are_named_and_left_alone() {
    let home = Home::new();
    let (good, text) = demo(0);
    let fixture = repository().join("models/ggml-fixture-en-q5_0.bin");
    let weights = fs::read(&fixture).unwrap();
    let with = |model: &str| call(&home, &["transcribe", text_of(&good), "--model", model]);

    assert_eq!(with(text_of(&fixture)).ok().trim(), text);
    with(text_of(&home.path("missing.bin"))).refused(code(ErrorKind::NotFound));
    with("no-such-model").refused(code(ErrorKind::NotFound));
    with("base.en-q5_1").refused(code(ErrorKind::NoModel));

    let half = &weights[..weights.len() / 2];
    let mut foreign = b"GGUF".to_vec();
    foreign.extend(vec![0; 4096]);
    let mut wild = weights.clone();
    wild[4..8].copy_from_slice(&i32::MAX.to_le_bytes());
    let bad = [
        ("truncated.bin", half),
        ("almost-whole.bin", &weights[..weights.len() - 1]),
        ("header.bin", &weights[..40]),
        ("foreign.bin", foreign.as_slice()),
        ("text.bin", b"not a model"),
        ("empty.bin", b""),
        ("wild-numbers.bin", wild.as_slice()),
    ];
    for (name, bytes) in bad {
        let file = home.path(name);
        fs::write(&file, bytes).unwrap();
        let said = with(text_of(&file)).refused(code(ErrorKind::BadModel));
        assert!(said.contains(name), "It does not name the file: {said}");
        call(&home, &["models", "import", text_of(&file)]).refused(code(ErrorKind::BadModel));
        assert_eq!(fs::read(&file).unwrap(), bytes, "{name} was touched.");
    }
    let left: Vec<_> =
        files(&home.data("models")).into_iter().filter(|f| !f.ends_with("ggml-fixture-en-q5_0.bin")).collect();
    assert!(left.is_empty(), "Refused files were left in the model folder: {left:?}");
}

#[test]
fn a_model_can_be_imported_checked_used_and_removed() {
    let home = Home::new();
    let (good, text) = demo(0);
    // One byte differs from the fixture model, in the middle of its weights: a whole model of the user's own.
    let mut weights = fs::read(repository().join("models/ggml-fixture-en-q5_0.bin")).unwrap();
    let middle = weights.len() - 20_000;
    weights[middle] ^= 1;
    // Not in the folder where the commands run: there its name alone would be a path.
    let file = home.path("home/mine.bin");
    fs::write(&file, &weights).unwrap();

    call(&home, &["models", "import", text_of(&file)]).ok();
    let list = call(&home, &["models", "list", "--json"]).json();
    let mine = list.as_array().unwrap().iter().find(|row| row["id"] == "mine.bin").expect("It is listed.");
    assert_eq!((&mine["installed"], &mine["demo"]), (&true.into(), &false.into()), "{mine}");
    call(&home, &["models", "verify", "mine.bin"]).ok();
    assert_eq!(call(&home, &["transcribe", text_of(&good), "--model", "mine.bin"]).ok().trim(), text);
    call(&home, &["models", "remove", "mine.bin"]).ok();
    call(&home, &["models", "verify", "mine.bin"]).refused(code(ErrorKind::NotFound));
    call(&home, &["models", "remove", "mine.bin"]).refused(code(ErrorKind::NotFound));
    assert_eq!(fs::read(&file).unwrap(), weights, "The user's own file was touched.");
}

#[test]
fn models_can_lie_in_a_folder_of_the_users_own() {
    let mut home = Home::new();
    let folder = home.path("elsewhere");
    home.set("TAWK_MODEL_DIR", folder.display());
    let (good, text) = demo(0);
    assert_eq!(call(&home, &["transcribe", text_of(&good)]).ok().trim(), text);
    assert_eq!(files(&folder).len(), 1);
    assert!(files(&home.data("models")).is_empty());
}

#[test]
fn the_demo_model_is_called_so() {
    let home = Home::new();
    let (good, _) = demo(0);
    let answer = call(&home, &["transcribe", text_of(&good)]);
    assert!(answer.err.contains("demo model") && answer.err.contains("tawk models fetch"), "{}", answer.err);
    let report = call(&home, &["doctor", "--json"]);
    let report: Value = serde_json::from_str(&report.out).expect("It is JSON.");
    let model = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "model").expect("It looks.");
    assert_eq!(model["state"], "warning");
    assert!(model["message"].as_str().unwrap().contains("demo"), "{model}");
    assert!(model["next_step"].as_str().unwrap().contains("tawk models fetch"), "{model}");
}

#[test]
fn without_display_or_sound_it_says_so() {
    let home = Home::new();
    call(&home, &["type", "Hello."]).refused(code(ErrorKind::NoDisplay));
    call(&home, &["devices"]).refused(code(ErrorKind::NoMicrophone));
    call(&home, &["dictate"]).refused(code(ErrorKind::NoMicrophone));
    let report = call(&home, &["doctor", "--json"]);
    assert_eq!(report.code, 1);
    let report: Value = serde_json::from_str(&report.out).expect("It is JSON.");
    for id in ["microphone", "typing"] {
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == id).expect("It looks.");
        assert_eq!(check["state"], "bad", "{check}");
    }
    let said = run(&mut home.command(tawk_tests::programs::tawk_app())).refused(code(ErrorKind::NoDisplay));
    assert!(said.to_lowercase().contains("display"), "{said}");
}

#[test]
fn a_display_that_is_not_there_is_no_crash() {
    let mut home = Home::new();
    home.set("DISPLAY", ":4711");
    call(&home, &["type", "Hello."]).refused(code(ErrorKind::NoDisplay));
    run(&mut home.command(tawk_tests::programs::tawk_app())).refused(code(ErrorKind::NoDisplay));
}

#[test]
fn wayland_without_x11_is_said_to_be_unsupported() {
    let mut home = Home::new();
    home.set("WAYLAND_DISPLAY", "wayland-0");
    home.set("XDG_SESSION_TYPE", "wayland");
    let answer = call(&home, &["type", "Hello."]);
    assert!(answer.err.contains("Wayland"), "{}", answer.err);
    assert!([code(ErrorKind::Unsupported), code(ErrorKind::NoDisplay)].contains(&answer.code), "{}", answer.code);
}

#[test]
fn without_a_running_app_the_remote_commands_say_so() {
    let home = Home::new();
    for command in ["toggle", "cancel", "undo", "status", "open", "quit"] {
        call(&home, &[command]).refused(code(ErrorKind::NotRunning));
    }
}

#[test]
fn broken_settings_are_reported_and_never_overwritten() {
    let home = Home::new();
    let (good, text) = demo(0);
    let broken = [
        ("dictation = [", "settings.toml"),
        ("[dictation]\nhotkey = \"Q\"\n", "hotkey"),
        ("[dictation]\ntap_ms = \"soon\"\n", "tap"),
        ("[dictation]\nhotkie = \"F9\"\n", "hotkie"),
        ("[sound]\nvolume = 7.5\n", "volume"),
    ];
    for (settings, word) in broken {
        home.write_settings(settings);
        assert_eq!(call(&home, &["transcribe", text_of(&good)]).ok().trim(), text, "{settings}");
        let report = call(&home, &["doctor", "--json"]);
        let report: Value = serde_json::from_str(&report.out).expect("It is JSON.");
        let check = report["checks"].as_array().unwrap().iter().find(|check| check["id"] == "settings").unwrap();
        assert_eq!(check["state"], "warning", "{settings}: {check}");
        assert!(check["message"].as_str().unwrap().contains(word), "{settings}: {check}");
        assert!(check["next_step"].is_string(), "{check}");
        assert_eq!(home.settings_text(), settings, "The file was changed.");
    }
}

/// Even root cannot make a folder there.
#[test]
fn folders_that_cannot_be_made_are_named() {
    let (good, _) = demo(0);
    for blocked in ["/proc/tawk", "file"] {
        let mut home = Home::new();
        fs::write(home.path("file"), "").unwrap();
        let folder = home.path(blocked);
        home.set("XDG_DATA_HOME", folder.display());
        let said = call(&home, &["transcribe", text_of(&good)]).refused(code(ErrorKind::Storage));
        assert!(said.contains(text_of(&folder)), "It does not name the folder: {said}");
        call(&home, &["models", "import", text_of(&repository().join("models/ggml-fixture-en-q5_0.bin"))])
            .refused(code(ErrorKind::Storage));
    }
}

#[test]
fn wrong_commands_show_the_usage() {
    let home = Home::new();
    for arguments in [&["transcribe"][..], &["frobnicate"], &["models", "fetch"], &["type"], &["devices", "--jsn"]] {
        let answer = call(&home, arguments);
        assert_eq!(answer.code, code(ErrorKind::Usage), "{arguments:?}");
        assert!(answer.err.contains("Usage"), "{}", answer.err);
    }
    call(&home, &["models", "fetch", "demo"]).refused(code(ErrorKind::NotFound));
    assert_eq!(call(&home, &["--version"]).ok().trim(), concat!("tawk ", env!("CARGO_PKG_VERSION")));
    let help = call(&home, &["--help"]).ok();
    let commands = "transcribe dictate devices models history doctor type bench recover autostart erase toggle cancel undo \
                    status open quit";
    for command in commands.split_whitespace() {
        assert!(help.contains(command), "--help does not name {command}.");
        assert!(call(&home, &[command, "--help"]).ok().contains("Usage"), "{command}");
    }
    assert!(help.contains("Exit codes"));
}

#[test]
fn the_app_serves_as_the_command_line() {
    let home = Home::new();
    let (good, text) = demo(0);
    let app = tawk_tests::programs::tawk_app();
    let mut command = home.command(&app);
    assert_eq!(run(command.arg("transcribe").arg(&good)).ok().trim(), text);
    let link = home.path("tawk");
    std::os::unix::fs::symlink(&app, &link).unwrap();
    assert!(run(home.command(&link).arg("--help")).ok().contains("transcribe"));
    let said = run(home.command(&app).arg("--no-such-option")).refused(code(ErrorKind::Usage));
    assert!(said.contains("--no-such-option"), "{said}");
}

#[test]
fn nothing_that_was_said_is_in_the_log_or_left_behind() {
    let home = Home::new();
    let (good, text) = demo(1);
    home.write_settings("[log]\nlevel = \"debug\"\n");
    call(&home, &["transcribe", text_of(&good)]).ok();
    assert!(!home.log().contains(&text), "The log holds what was said.");
    assert!(home.recordings().is_empty());
}

#[test]
fn a_command_starts_quickly() {
    let home = Home::new();
    call(&home, &["--version"]).ok();
    let begin = Instant::now();
    call(&home, &["--version"]).ok();
    // Generous: the machine may be building. Loading a model or a desktop library would take longer.
    assert!(begin.elapsed() < Duration::from_secs(2), "{:?}", begin.elapsed());
}

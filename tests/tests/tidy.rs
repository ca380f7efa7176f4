//! The rules of the repository that no compiler checks.
#![allow(clippy::print_stdout)] // A test reports on its standard output.

use std::collections::HashMap;
use std::fs;
use std::process::Command;

use tawk_tests::programs::repository;

/// A file as long as this wants a look; see [`no_file_is_too_long`].
const LONG: usize = 400;
/// No source file is longer than this.
const TOO_LONG: usize = 600;

/// The tracked files that are text, by path. Git is needed anyway to have the repository.
fn files() -> Vec<(String, String)> {
    let listed = Command::new("git").arg("ls-files").current_dir(repository()).output().expect("git can be started.");
    assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("Names are UTF-8.");
    // A file that is deleted but still listed has no text.
    names.lines().filter_map(|name| Some((name.into(), fs::read_to_string(repository().join(name)).ok()?))).collect()
}

fn sources(extension: &str) -> Vec<(String, String)> {
    files().into_iter().filter(|(name, _)| name.ends_with(extension)).collect()
}

/// The line without what follows `//`. Good enough: no rule here is about what stands in a string.
fn code(line: &str) -> &str {
    line.split("//").next().unwrap_or_default()
}

/// Collects what offends a rule, one line each, and fails with all of them.
#[derive(Default)]
struct Offences(Vec<String>);

impl Offences {
    fn add(&mut self, name: &str, line: usize, what: &str) {
        self.0.push(format!("{name}:{}: {}", line + 1, what.trim()));
    }

    #[track_caller]
    fn none(self, rule: &str) {
        assert!(self.0.is_empty(), "{rule}\n  {}", self.0.join("\n  "));
    }
}

#[test]
fn rooms_depend_only_downwards() {
    // A room may use those of lower storeys.
    let storeys: HashMap<&str, usize> = [
        ("tawk-core", 0),
        ("tawk-audio", 1),
        ("tawk-whisper", 1),
        ("tawk-platform", 1),
        ("tawk-store", 1),
        ("tawk-hud", 1),
        ("tawk-app", 2),
        ("tawk-cli", 3),
        ("tawk-desktop", 4),
        ("tawk-tests", 5),
        ("tawk-fuzz", 6),
    ]
    .into();
    let mut offences = Offences::default();
    let mut seen = 0;
    for (name, text) in files().into_iter().filter(|(name, _)| name.ends_with("/Cargo.toml")) {
        let manifest: toml::Table = text.parse().expect("A manifest is TOML.");
        let package = manifest["package"]["name"].as_str().expect("A package has a name.");
        let Some(own) = storeys.get(package) else { panic!("{name}: say in this test which storey {package} is on.") };
        seen += 1;
        let of_systems =
            manifest.get("target").and_then(toml::Value::as_table).into_iter().flat_map(toml::Table::values);
        let tables = of_systems.map(|system| &system["dependencies"]).chain(manifest.get("dependencies"));
        for dependency in tables.filter_map(toml::Value::as_table).flat_map(toml::Table::keys) {
            if storeys.get(dependency.as_str()).is_some_and(|other| other >= own) {
                offences.add(&name, 0, &format!("{package} uses {dependency}"));
            }
        }
    }
    assert!(seen >= 9, "Only {seen} packages were found.");
    offences.none("Rooms depend one way; see ARCHITECTURE.md:");
}

#[test]
fn the_core_is_pure() {
    let mut offences = Offences::default();
    let impure = ["std::fs", "std::thread", "std::net", "std::process", "Instant::now", "SystemTime", "std::env"];
    for (name, text) in sources(".rs").into_iter().filter(|(name, _)| name.starts_with("crates/core/src/")) {
        for (number, line) in text.lines().enumerate() {
            if impure.iter().any(|word| code(line).contains(word)) {
                offences.add(&name, number, line);
            }
        }
    }
    offences.none("The core knows no file, thread, network or clock:");
}

#[test]
fn systems_are_told_apart_in_one_place() {
    let mut offences = Offences::default();
    let allowed = |name: &str| name.starts_with("crates/platform/") || name == "src-tauri/src/system.rs";
    for (name, text) in sources(".rs").into_iter().filter(|(name, _)| !allowed(name) && name != "tests/tests/tidy.rs") {
        for (number, line) in text.lines().enumerate() {
            if code(line).contains("target_os") {
                offences.add(&name, number, line);
            }
        }
    }
    offences.none("cfg(target_os) belongs in crates/platform, and in src-tauri/src/system.rs what only Tauri can set:");
}

#[test]
fn the_platforms_mirror_one_another() {
    let names: Vec<_> = files().into_iter().map(|(name, _)| name).collect();
    for file in [
        "backups.rs",
        "desk.rs",
        "focus.rs",
        "fonts.rs",
        "hotkeys.rs",
        "installation.rs",
        "login_items.rs",
        "mod.rs",
        "notifications.rs",
        "panel.rs",
        "permissions.rs",
        "typist.rs",
        "wakefulness.rs",
    ] {
        for system in ["linux", "macos", "fake"] {
            let path = format!("crates/platform/src/{system}/{file}");
            assert!(names.contains(&path), "{path} is missing.");
        }
    }
}

#[test]
fn unsafe_code_is_forbidden_where_nothing_needs_it() {
    for room in ["core", "audio", "store", "app", "cli", "hud"] {
        let root = repository().join(format!("crates/{room}/src/lib.rs"));
        // A room that is not built yet has nothing to forbid.
        let Ok(text) = fs::read_to_string(root) else { continue };
        assert!(text.contains("#![forbid(unsafe_code)]"), "crates/{room}/src/lib.rs does not forbid unsafe code.");
    }
    let desktop = fs::read_to_string(repository().join("src-tauri/src/main.rs")).expect("It is there.");
    assert!(desktop.contains("#![forbid(unsafe_code)]"));
}

#[test]
fn no_file_is_too_long() {
    let mut offences = Offences::default();
    for (name, text) in files() {
        let is_source = [".rs", ".js", ".css", ".py", ".sh"].iter().any(|end| name.ends_with(end));
        if !(is_source || name.starts_with("scripts/")) || name.ends_with(".txt") {
            continue;
        }
        let lines = text.lines().count();
        if lines > LONG {
            println!("{name} has {lines} lines: does it hold one noun only?");
        }
        if lines > TOO_LONG {
            offences.add(&name, lines, &format!("{lines} lines"));
        }
    }
    offences.none("Files hold one noun each:");
}

#[test]
fn names_say_what_a_thing_is() {
    let empty = ["Manager", "Service", "Helper", "Util", "Utils"];
    let mut offences = Offences::default();
    for (name, text) in sources(".rs").into_iter().chain(sources(".js")) {
        let stem = name.rsplit('/').next().unwrap_or_default().split('.').next().unwrap_or_default().to_lowercase();
        if empty.iter().any(|word| stem.split(['_', '-']).any(|part| part == word.to_lowercase())) {
            offences.add(&name, 0, "the file's name");
        }
        for (number, line) in text.lines().enumerate() {
            let mut words = code(line).split(|c: char| !c.is_alphanumeric() && c != '_');
            let Some(_) = words.find(|word| ["struct", "enum", "trait", "class", "mod", "type"].contains(word)) else {
                continue;
            };
            if words.next().is_some_and(|noun| empty.iter().any(|word| noun.ends_with(word))) {
                offences.add(&name, number, line);
            }
        }
    }
    offences.none("Manager, Service, Helper and Util say nothing:");
}

#[test]
fn every_script_answers_help() {
    let scripts = repository().join("scripts");
    let mut seen = 0;
    for entry in fs::read_dir(scripts).expect("There are scripts.").flatten().filter(|entry| entry.path().is_file()) {
        let answer = Command::new(entry.path()).arg("--help").output().expect("A script can be started.");
        let text = String::from_utf8_lossy(&answer.stdout).to_lowercase();
        let name = entry.path().display().to_string();
        assert!(answer.status.success(), "{name} --help fails: {}", String::from_utf8_lossy(&answer.stderr));
        assert!(text.contains("usage:") && text.contains("scripts/"), "{name} --help shows no usage:\n{text}");
        seen += 1;
    }
    assert!(seen >= 5, "Only {seen} scripts were found.");
}

#[test]
fn no_file_names_a_place_on_somebodys_machine() {
    // In two pieces, or this file would offend its own rule.
    let places = [concat!("/ro", "ot/"), concat!("/wo", "rk/"), concat!("C:\\", "Users\\")];
    let mut offences = Offences::default();
    for (name, text) in files() {
        for (number, line) in text.lines().enumerate() {
            if places.iter().any(|place| line.contains(place)) {
                offences.add(&name, number, line);
            }
        }
    }
    offences.none("These paths exist on one machine only:");
}

/// A test may leave the usual run only when another one runs it, on a display of its own for instance, and says so.
#[test]
fn no_test_is_switched_off() {
    let all = sources(".rs");
    let mut offences = Offences::default();
    for (name, text) in all.iter().filter(|(name, _)| name != "tests/tests/tidy.rs") {
        for (number, line) in text.lines().enumerate().filter(|(_, line)| code(line).contains("#[ignore")) {
            let runner = line.trim().strip_prefix("#[ignore = \"run by ").and_then(|rest| rest.strip_suffix("\"]"));
            let function = runner.map(|runner| format!("fn {runner}("));
            if !function.is_some_and(|function| all.iter().any(|(_, text)| text.contains(&function))) {
                offences.add(name, number, line);
            }
        }
    }
    offences.none("A test that does not run asserts nothing:");
}

#[test]
fn what_was_said_is_never_logged() {
    let mut offences = Offences::default();
    let mut seen = 0;
    for (name, text) in sources(".rs").into_iter().filter(|(name, _)| !name.starts_with("tests/")) {
        for (at, _) in text.match_indices("tracing::") {
            let call = &text[at..];
            let Some(open) = call.find('!').filter(|&open| call[9..open].chars().all(char::is_alphabetic)) else {
                continue;
            };
            let body = arguments(&call[open + 1..]);
            seen += 1;
            if mentions_what_was_said(&body) {
                offences.add(&name, text[..at].lines().count().saturating_sub(1), &body);
            }
        }
    }
    assert!(seen >= 20, "Only {seen} calls of the log were found.");
    offences.none("No transcript goes to the log:");
}

/// What stands in the brackets that `text` begins with.
fn arguments(text: &str) -> String {
    let mut depth = 0;
    let inside = text.char_indices().take_while(|(_, c)| {
        depth += i32::from(*c == '(') - i32::from(*c == ')');
        depth > 0
    });
    inside.map(|(_, c)| c).collect()
}

/// Whether the arguments of a log call hold a text itself, other than its length. Strings count as far as they name
/// values in braces.
fn mentions_what_was_said(arguments: &str) -> bool {
    let mut values = String::new();
    for (number, part) in arguments.split('"').enumerate() {
        if number % 2 == 0 {
            values.push_str(part);
        } else {
            let braces = part.split('{').skip(1).filter_map(|rest| rest.split(['}', ':']).next());
            values.extend(braces.map(|name| format!(" {name} ")));
        }
    }
    let values = values.replace(".len()", "#").replace(".chars().count()", "#").replace("code = ", "");
    let mut words = values.split_inclusive(|c: char| !c.is_alphanumeric() && c != '_');
    words.any(|word| {
        let noun = word.trim_end_matches(|c: char| !c.is_alphanumeric() && c != '_');
        ["text", "texts", "rest", "transcript", "said", "prompt", "last_text"].contains(&noun) && !word.ends_with('#')
    })
}

#[test]
fn the_rule_for_logs_knows_a_text_from_its_length() {
    assert!(mentions_what_was_said("\"heard {text}\""));
    assert!(mentions_what_was_said("%utterance, text, \"typed\""));
    assert!(mentions_what_was_said("said = ?self.text, \"typed\""));
    assert!(!mentions_what_was_said("characters = text.chars().count(), \"typed the text\""));
    assert!(!mentions_what_was_said("took_ms, \"the last text cannot be copied: {error}\""));
}

#[test]
fn the_pages_hold_no_code_from_elsewhere() {
    let mut offences = Offences::default();
    let forbidden = [" onclick=", " style=", "javascript:", "<script>", "http://", "https://", "innerHTML", "eval("];
    for (name, text) in files().into_iter().filter(|(name, _)| name.starts_with("ui/")) {
        for (number, line) in text.lines().enumerate() {
            if forbidden.iter().any(|word| line.contains(word)) {
                offences.add(&name, number, line);
            }
        }
    }
    offences.none("The window loads nothing from elsewhere and shows text as text:");
}

/// What the README says is unknown, the hour at a Mac settles: each of its points has a line there, and no line another.
#[test]
fn the_hour_at_a_mac_is_about_what_is_unknown() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).expect("It is there.");
    let (readme, checklist) = (read("README.md"), read("RELEASE-CHECKLIST.md"));
    let list = readme.split("## Not yet verified on a Mac").nth(1).expect("The README has the list.");
    let points: Vec<_> =
        list.lines().filter_map(|line| line.split_once(". ")?.0.parse::<u32>().ok()).map(|n| n.to_string()).collect();
    let mut settled: Vec<_> = checklist
        .lines()
        .filter_map(|line| line.strip_prefix("- [ ] "))
        .flat_map(|line| line.split('[').skip(1).filter_map(|rest| rest.split_once(']')))
        .map(|(number, _)| number.to_owned())
        .collect();
    settled.sort_by_key(|number| number.parse::<u32>().unwrap_or_default());
    settled.dedup();
    assert!(points.len() >= 12, "Only {points:?} was found.");
    assert_eq!(points, settled);
}

#[test]
fn the_test_audio_stays_small() {
    let folders = ["demo", "heldout", "long", "silence"].map(|set| tawk_tests::clip::audio().join(set));
    let bytes: u64 = folders
        .iter()
        .flat_map(|folder| tawk_tests::home::files(folder))
        .map(|file| fs::metadata(file).expect("It is there.").len())
        .sum();
    assert!((1..10_000_000).contains(&bytes), "{bytes} bytes of test audio.");
}

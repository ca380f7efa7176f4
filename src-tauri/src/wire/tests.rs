//! Both sides of the wire against `ui/types.js`: what the program sends, and what the pages were recorded with.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use tawk_core::{Error, ErrorKind};

use super::*;

/// Name of a type → its fields and their types; a record of scalars has none.
type Types = BTreeMap<String, Option<BTreeMap<String, String>>>;

fn ui(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui").join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Reads the JSDoc `@typedef`s with their `@property` lines.
fn types() -> Types {
    let mut types = Types::new();
    let mut name = String::new();
    for line in ui("types.js").lines() {
        let line = line.trim_start_matches([' ', '*']);
        let Some((tag, rest)) = line.split_once(" {").filter(|(tag, _)| tag.starts_with('@')) else { continue };
        let (kind, rest) = rest.split_once("} ").unwrap();
        let word = rest.split_whitespace().next().unwrap().to_owned();
        if tag == "@typedef" {
            name.clone_from(&word);
            types.insert(word, (kind == "Object").then(BTreeMap::new));
        } else {
            types.get_mut(&name).unwrap().as_mut().unwrap().insert(word, kind.to_owned());
        }
    }
    types
}

/// What of `value` is not as `kind` says, with the place.
fn faults(types: &Types, kind: &str, value: &Value, at: &str) -> Vec<String> {
    if let Some(kind) = kind.strip_suffix("|null") {
        return if value.is_null() { Vec::new() } else { faults(types, kind, value, at) };
    }
    if let Some(kind) = kind.strip_suffix("[]") {
        let Some(list) = value.as_array() else { return vec![format!("{at} is no list")] };
        return list.iter().enumerate().flat_map(|(i, one)| faults(types, kind, one, &format!("{at}[{i}]"))).collect();
    }
    let fits = match kind {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        name => {
            let fields = types.get(name).unwrap_or_else(|| panic!("types.js has no {name}"));
            let Some(object) = value.as_object() else { return vec![format!("{at} is no {name}")] };
            let Some(fields) = fields else {
                return object
                    .iter()
                    .flat_map(|(key, value)| match value {
                        // The only lists among the settings.
                        Value::Array(_) => faults(types, "PreferredMicrophone[]", value, &format!("{at}.{key}")),
                        Value::Object(_) | Value::Null => vec![format!("{at}.{key} is no scalar")],
                        _ => Vec::new(),
                    })
                    .collect();
            };
            let unknown = object.keys().filter(|key| !fields.contains_key(*key));
            let mut all: Vec<_> = unknown.map(|key| format!("{at}.{key} is not in {name}")).collect();
            for (key, kind) in fields {
                match object.get(key) {
                    Some(value) => all.extend(faults(types, kind, value, &format!("{at}.{key}"))),
                    None => all.push(format!("{at}.{key} is missing")),
                }
            }
            return all;
        }
    };
    if fits { Vec::new() } else { vec![format!("{at} is no {kind}: {value}")] }
}

fn assert_fits(kind: &str, value: &impl Serialize) {
    let value = serde_json::to_value(value).unwrap();
    assert_eq!(faults(&types(), kind, &value, kind), Vec::<String>::new());
}

fn sample_status() -> tawk_app::Status {
    tawk_app::Status {
        state: tawk_app::State::Trouble,
        trouble: Some(tawk_app::Trouble { code: "no-model".into(), message: "There is none.".into() }),
        note: Some(tawk_app::Trouble { code: "microphone-silent".into(), message: "Silence.".into() }),
        loading_percent: Some(3),
        playing: Some(7),
        recognising_again: Some(8),
        waiting: Some(tawk_app::Waiting { speech_seconds: 12, ready_in_seconds: Some(5) }),
        ..tawk_app::Status::default()
    }
}

fn sample_snapshot() -> Snapshot {
    Snapshot {
        status: sample_status().into(),
        settings: flat(&settings::Settings::default()),
        problems: vec![settings::Problem { key: "log.level".into(), message: "No.".into() }.into()],
        languages: vec!["en"],
        permissions: Permissions {
            microphone: PermissionState::Granted,
            typing: PermissionState::NotAsked,
            listening: PermissionState::Stale,
        },
        login_item: tawk_core::login_item::LoginItem::NeedsApproval.into(),
        place_advice: tawk_core::place::Place::Translocated.advice(),
        system: "linux",
        version: "0",
    }
}

#[test]
fn what_is_sent_is_what_the_pages_expect() {
    assert_fits("Snapshot", &sample_snapshot());
    assert_fits("Status", &Status::from(tawk_app::Status::default()));
    assert_fits(
        "Microphone",
        &Microphone::from(tawk_core::microphone::Microphone {
            id: "a".into(),
            name: "A".into(),
            is_default: true,
            is_bluetooth: false,
        }),
    );
    let row = tawk_app::ModelRow {
        id: "a".into(),
        name: "A".into(),
        bytes: 1,
        languages: "en".into(),
        state: "installed".into(),
        installed: true,
        demo: false,
        current: true,
        recommended: false,
        hint: String::new(),
        path: "/a".into(),
    };
    assert_fits("Model", &Model::from(row));
    let remembered = tawk_store::history::Remembered {
        id: 7,
        local_time: "2026-01-01 12:00".into(),
        dictation: tawk_store::history::Dictation {
            text: "Hello.".into(),
            fate: "held".into(),
            untyped: Some("lo.".into()),
            withheld: vec![tawk_store::history::WithheldText { text: "Bye.".into(), reason: "no-speech".into() }],
            ..Default::default()
        },
        first_text: None,
    };
    let timing = [("release_to_text".to_owned(), 210.0), ("own_overhead".to_owned(), 3.0)].into();
    let timed = tawk_store::history::Remembered {
        dictation: tawk_store::history::Dictation { timing, ..remembered.dictation.clone() },
        ..remembered.clone()
    };
    assert_fits("Times", &Times::from(timed));
    assert_fits("Times", &Times::from(remembered.clone()));
    assert_fits("Dictation", &Dictation::from(remembered));
    let error = sample_status().trouble;
    let fetch = tawk_app::FetchState { id: "a".into(), done: 1, total: 2, finished: true, error };
    assert_fits("FetchState", &FetchState::from(fetch));
    assert_fits("Trial", &Trial::from(tawk_app::Trial::default()));
    let error = sample_status().trouble;
    assert_fits("Trial", &Trial::from(tawk_app::Trial { level_dbfs: Some(-20.0), error, ..Default::default() }));
    let check = tawk_app::Check {
        id: "a".into(),
        name: "A".into(),
        state: tawk_app::CheckState::Good,
        message: "Good.".into(),
        next_step: None,
    };
    let erased =
        tawk_store::Erased { removed: vec!["Logs".into()], left: vec!["Models.".into()], failed: vec!["No.".into()] };
    assert_fits("Erased", &Erased::from(erased));
    assert_fits("Report", &Report::from(tawk_app::Report { version: "0".into(), checks: vec![check] }));
}

#[test]
fn the_recorded_answers_are_of_the_same_types() {
    let recorded: BTreeMap<String, Value> = serde_json::from_str(&ui("fake/recorded.json")).unwrap();
    let kinds = [
        ("snapshot", "Snapshot"),
        ("microphones", "Microphone[]"),
        ("models", "Model[]"),
        ("report", "Report"),
        ("history", "Dictation[]"),
        ("times", "Times[]"),
    ];
    assert_eq!(recorded.len(), kinds.len());
    for (name, kind) in kinds {
        assert_fits(kind, &recorded[name]);
    }
    let own = flat(&settings::Settings::default());
    for key in recorded["snapshot"]["settings"].as_object().unwrap().keys() {
        assert!(own.contains_key(key), "there is no setting {key}");
    }
}

#[test]
fn every_control_names_a_setting_that_exists() {
    let own = flat(&settings::Settings::default());
    let recorded: Value = serde_json::from_str(&ui("fake/recorded.json")).unwrap();
    let page = ui("index.html");
    let named: Vec<_> = page.split("data-setting=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
    assert_eq!(named.len(), 31, "{named:?}");
    for key in named {
        assert!(own.contains_key(key), "there is no setting {key}");
        assert!(recorded["snapshot"]["settings"].get(key).is_some(), "{key} is not recorded");
        assert!(page.contains(&format!("id=\"note-{key}\"")), "{key} has no place for its note");
    }
}

#[test]
fn a_difference_is_found() {
    let types = types();
    let mut snapshot = serde_json::to_value(sample_snapshot()).unwrap();
    snapshot["status"]["extra"] = json!(1);
    snapshot["version"] = json!(1);
    snapshot["problems"][0].as_object_mut().unwrap().remove("key");
    assert_eq!(
        faults(&types, "Snapshot", &snapshot, "s"),
        ["s.problems[0].key is missing", "s.status.extra is not in Status", "s.version is no string: 1"]
    );
}

#[test]
fn settings_cross_by_their_dotted_names() {
    let flat = flat(&settings::Settings::default());
    assert_eq!(flat["dictation.hotkey"], "default");
    assert_eq!(flat["sound.enabled"], true);
    assert!(!flat.contains_key("typing.apps"), "no control shows it");
    assert_eq!(flat["microphone.priority"], json!([{ "id": "default", "name": "" }]));
}

#[test]
fn errors_cross_with_their_code() {
    let refused: Answer<()> = answer::<(), ()>(Err(Error::new(ErrorKind::HotkeyTaken, "Choose another.")));
    let wire = serde_json::to_value(refused.unwrap_err()).unwrap();
    assert_eq!(wire, json!({ "code": "hotkey-taken", "message": "Choose another." }));
}

/// A window gets no more than it needs: a longer list must be meant.
#[test]
fn the_windows_capabilities_are_these() {
    let own = include_str!("../../capabilities/settings.json");
    let capability: Value = serde_json::from_str(own).unwrap();
    assert_eq!(capability["windows"], json!([crate::window::LABEL]));
    assert_eq!(
        capability["permissions"],
        json!([
            "allow-cancel-fetch",
            "allow-copy-dictation",
            "allow-copy-last-text",
            "allow-copy-report",
            "allow-delete-dictation",
            "allow-delete-history",
            "allow-doctor",
            "allow-end-trial",
            "allow-erase",
            "allow-fetch-model",
            "allow-fetch-state",
            "allow-history",
            "allow-import-model",
            "allow-microphones",
            "allow-models",
            "allow-open-login-items",
            "allow-open-permission-settings",
            "allow-play-dictation",
            "allow-play-trial",
            "allow-quit",
            "allow-recognise-again",
            "allow-recover",
            "allow-remove-model",
            "allow-request-permission",
            "allow-set-login-item",
            "allow-set-setting",
            "allow-show-applications",
            "allow-snapshot",
            "allow-stop-playing",
            "allow-times",
            "allow-try-microphone",
            "allow-verify-model",
            "core:event:allow-listen",
        ])
    );
    let files = fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("capabilities")).unwrap();
    assert_eq!(files.count(), 1);
}

/// Pages run only what is in the program, and reach nothing but the program.
#[test]
fn the_content_security_policy_is_strict() {
    let conf: Value = serde_json::from_str(include_str!("../../tauri.conf.json")).unwrap();
    let csp = conf["app"]["security"]["csp"].as_str().unwrap();
    assert!(csp.starts_with("default-src 'none'; script-src 'self'; style-src 'self';"), "{csp}");
    assert!(!csp.contains("unsafe") && !csp.contains('*') && !csp.contains("https:"), "{csp}");
    assert_eq!(conf["app"]["windows"], json!([]));
}

/// The pages never turn text into markup, and ask the program through one module only.
#[test]
fn the_pages_keep_their_rules() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../ui")];
    let mut scripts = 0;
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let Ok(text) = fs::read_to_string(&path) else { continue };
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if name.ends_with(".js") {
                scripts += 1;
                for banned in ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "setInterval"]
                {
                    assert!(!text.contains(banned), "{name} uses {banned}");
                }
                assert!(name == "backend.js" || !text.contains("__TAURI__"), "{name} speaks to the program by itself");
            }
            if name.ends_with(".html") {
                assert!(!text.contains(" style=") && !text.contains("<style") && !text.contains(" on"), "{name}");
            }
        }
    }
    assert!(scripts >= 10, "only {scripts} scripts found");
}

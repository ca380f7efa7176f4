use std::os::unix::fs::PermissionsExt as _;

use tawk_core::settings::NewlineSetting;
use tempfile::TempDir;

use super::*;

struct Home(TempDir);

impl Home {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn with(text: impl AsRef<[u8]>) -> Self {
        let home = Self::new();
        fs::write(home.path(), text).unwrap();
        home
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("settings.toml")
    }

    fn text(&self) -> String {
        fs::read_to_string(self.path()).unwrap()
    }

    fn open(&self) -> SettingsFile {
        SettingsFile::open(self.path())
    }
}

fn keys(table: &Table) -> Vec<String> {
    let dotted = |(section, entries): (&String, &Value)| {
        entries.as_table().unwrap().keys().map(|name| format!("{section}.{name}")).collect::<Vec<_>>()
    };
    table.iter().flat_map(dotted).collect()
}

#[test]
fn the_commented_file_holds_every_setting_and_its_default() {
    assert_eq!(toml::from_str::<Settings>(DEFAULTS).unwrap(), Settings::default());
    let written: Table = toml::from_str(DEFAULTS).unwrap();
    let known = keys(&table(&Settings::default()));
    assert_eq!(keys(&written), known);
    assert!(known.len() >= 16, "{known:?}");
    let mut lines = DEFAULTS.lines().peekable();
    while let Some(line) = lines.next() {
        let next = lines.peek().copied().unwrap_or_default();
        let undocumented = !line.starts_with('#') && next.contains('=') && !next.starts_with('#');
        assert!(!undocumented, "there must be a comment before: {next}");
    }
}

#[test]
fn without_a_file_the_defaults_hold() {
    let home = Home::new();
    let file = home.open();
    assert_eq!((file.settings(), file.problems()), (&Settings::default(), &[][..]));
    assert!(!home.path().exists());
}

#[test]
fn a_mistake_costs_one_setting() {
    let home = Home::with(
        "colour = 1\n[dictation]\nhotkey = \"Q\"\ntap_ms = \"long\"\nlanguage = \"de\"\nending = \"tab\"\n\
         [microphone]\nid = \"mic\"\nvolume = 3\n[typing]\npace_ms = 5\nchunk_units = 99\nrelease_wait_ms = -1\n\
         [sound]\nenabled = \"yes\"\n[themes]\n",
    );
    let file = home.open();
    let mut expected = Settings::default();
    expected.dictation.language = "de".into();
    expected.microphone.id = "mic".into();
    expected.typing.pace_ms = 5.0;
    assert_eq!(file.settings(), &expected);
    let mut keys: Vec<_> = file.problems().iter().map(|problem| problem.key.as_str()).collect();
    keys.sort_unstable();
    assert_eq!(
        keys,
        [
            "colour",
            "dictation.ending",
            "dictation.hotkey",
            "dictation.tap_ms",
            "microphone.volume",
            "sound.enabled",
            "themes",
            "typing.chunk_units",
            "typing.release_wait_ms"
        ]
    );
    let message = |key: &str| &file.problems().iter().find(|problem| problem.key == key).unwrap().message;
    assert!(file.problems().iter().all(|problem| problem.message.contains("settings.toml")));
    assert!(message("dictation.ending").contains("none, space, newline"), "{}", message("dictation.ending"));
    assert!(message("dictation.tap_ms").contains("whole number") && message("dictation.tap_ms").contains("300"));
    assert!(message("sound.enabled").contains("true or false"));
    assert!(message("typing.chunk_units").contains("1 to 20"));
}

#[test]
fn a_section_that_is_none_is_reported() {
    let file = Home::with("sound = 3\n[log]\nlevel = \"debug\"\n").open();
    assert_eq!(file.problems().len(), 1);
    assert_eq!(file.problems()[0].key, "sound");
    assert_eq!(file.settings().log.level, tawk_core::settings::LogLevel::Debug);
}

#[test]
fn only_differences_are_written() {
    let home = Home::new();
    let mut file = home.open();
    file.set("dictation.tap_ms", 300_u32).unwrap();
    assert!(!home.path().exists(), "a default needs no file");
    file.set("microphone.id", "pulseaudio:mic_b").unwrap();
    file.set("sound.volume", 0.5).unwrap();
    file.set("typing.pace_ms", 4_u32).unwrap();
    assert_eq!(file.settings().microphone.id, "pulseaudio:mic_b");
    let text = home.text();
    assert_eq!(
        text,
        format!(
            "{HEADER}\n[microphone]\nid = \"pulseaudio:mic_b\"\n\n[sound]\nvolume = 0.5\n\n[typing]\npace_ms = 4\n"
        )
    );
    assert_eq!(fs::metadata(home.path()).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(home.open().settings(), file.settings());

    file.set("sound.volume", 0.3).unwrap();
    file.set("typing.pace_ms", 2.0).unwrap();
    file.set("microphone.id", "default").unwrap();
    assert_eq!(file.settings(), &Settings::default());
    assert!(!home.text().contains('='), "{}", home.text());
}

/// A file from before there was a list of microphones.
#[test]
fn a_single_microphone_from_before_goes_on_working_until_there_is_a_list() {
    let home = Home::with("[microphone]\nid = \"pulseaudio:usb\"\nname = \"Desk\"\n");
    let mut file = home.open();
    assert_eq!(file.problems(), []);
    let ids = |file: &SettingsFile| file.settings().microphone.list().into_iter().map(|m| m.id).collect::<Vec<_>>();
    assert_eq!(ids(&file), ["pulseaudio:usb"]);
    assert_eq!(file.settings().microphone.list()[0].name, "Desk");

    let value = |list: &str| {
        let mut table: Table = toml::from_str(&format!("list = {list}")).unwrap();
        table.remove("list").unwrap().try_into::<SettingValue>().unwrap()
    };
    file.set("microphone.priority", value(r#"["default", { id = "pulseaudio:usb", name = "Desk" }]"#)).unwrap();
    assert_eq!(ids(&file), ["default", "pulseaudio:usb"]);
    assert!(home.text().contains(r#"priority = ["default", { id = "pulseaudio:usb", name = "Desk" }]"#));
    assert_eq!(home.open().settings(), file.settings());
    let before = home.text();
    for wrong in [r#""usb""#, "[3]", r#"["a", "a"]"#, r#"[{ id = "a", size = 3 }]"#] {
        let error = file.set("microphone.priority", value(wrong)).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{wrong}");
        assert!(error.message.ends_with('.'), "{}", error.message);
    }
    assert_eq!(home.text(), before);

    file.set("microphone.priority", SettingValue::List(Vec::new())).unwrap();
    assert_eq!(ids(&file), ["pulseaudio:usb"]);
}

#[test]
fn rules_for_apps_are_read_and_other_settings_written_beside_them() {
    let text = "[[typing.apps]]\napp = \"com.example.Chat\" # mine\nnewline = \"shift-return\"\n\n\
                [[typing.apps]]\napp = \"com.example.Slow\"\npace_ms = 12\nchunk_units = 1\n";
    let home = Home::with(text);
    let mut file = home.open();
    assert_eq!(file.problems(), []);
    let rules = file.settings().typing.apps.clone();
    assert_eq!(rules.len(), 2);
    assert_eq!((rules[0].app.as_str(), rules[0].newline), ("com.example.Chat", Some(NewlineSetting::ShiftReturn)));
    assert_eq!((rules[1].pace_ms, rules[1].chunk_units, rules[1].hold), (Some(12.0), Some(1), None));

    file.set("typing.pace_ms", 4.0).unwrap();
    assert_eq!((file.settings().typing.pace_ms, &file.settings().typing.apps), (4.0, &rules));
    assert!(home.text().contains("# mine"));
    file.set("typing.pace_ms", 2.0).unwrap();
    assert_eq!(home.open().settings().typing.apps, rules);
    assert!(home.text().contains("# mine"));

    for wrong in ["app = \"a\"\ncolour = 1", "pace_ms = 3", "app = \"a\"\nnewline = \"tab\"", "app = \"\""] {
        let file = Home::with(format!("[[typing.apps]]\n{wrong}\n[typing]\npace_ms = 5\n")).open();
        assert_eq!((file.settings().typing.pace_ms, file.settings().typing.apps.len()), (5.0, 0), "{wrong}");
        let keys: Vec<_> = file.problems().iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys, ["typing.apps"], "{wrong}");
        let message = &file.problems()[0].message;
        assert!(message.contains("rule") && message.contains("settings.toml"), "{message}");
    }
}

#[test]
fn what_the_user_wrote_stays() {
    let text = "# my settings\n[dictation] # here\nhotkey = \"F9\" # the big key\ncolour = 7\n\n# bye\n";
    let home = Home::with(text);
    let mut file = home.open();
    file.set("dictation.hotkey", "F10").unwrap();
    assert_eq!(home.text(), text.replace("F9", "F10"));
    file.set("dictation.hotkey", "default").unwrap();
    for kept in ["# my settings", "# here", "# the big key", "colour = 7", "# bye"] {
        assert!(home.text().contains(kept), "{kept} is lost:\n{}", home.text());
    }
    assert!(!home.text().contains("hotkey"));
}

#[test]
fn changes_made_in_the_file_meanwhile_are_kept() {
    let home = Home::new();
    let mut file = home.open();
    fs::write(home.path(), "[log]\nlevel = \"warn\"\n").unwrap();
    file.set("sound.enabled", false).unwrap();
    assert_eq!(file.settings().log.level, tawk_core::settings::LogLevel::Warn);
    assert!(home.text().contains("warn") && home.text().contains("enabled = false"));
}

#[test]
fn bad_values_are_refused_and_nothing_is_written() {
    let home = Home::new();
    let mut file = home.open();
    for (key, value) in [
        ("dictation.hotkey", SettingValue::from("Q")),
        ("dictation.tap_ms", 5_u32.into()),
        ("dictation.tap_ms", "long".into()),
        ("dictation.tap_ms", 1.5.into()),
        ("sound.volume", f64::NAN.into()),
        ("sound.enabled", 1_u32.into()),
        ("log.level", "loud".into()),
        ("log", "x".into()),
        ("log.colour", "x".into()),
        ("log.level.x", "x".into()),
        ("", "x".into()),
    ] {
        let error = file.set(key, value).unwrap_err();
        assert_eq!(error.kind, ErrorKind::Usage, "{key}: {error}");
    }
    assert_eq!(file.settings(), &Settings::default());
    assert!(!home.path().exists());
}

#[test]
fn a_broken_file_is_kept_aside() {
    for broken in [&b"hotkey = = 3\n"[..], b"[dictation\n", b"\xff\xfe\x00nonsense"] {
        let home = Home::with(broken);
        fs::write(home.0.path().join("settings.broken-1.toml"), "older").unwrap();
        let mut file = home.open();
        assert_eq!(file.settings(), &Settings::default());
        assert_eq!((file.problems().len(), file.problems()[0].key.as_str()), (1, "settings.toml"));
        file.set("sound.enabled", true).unwrap();
        assert_eq!(fs::read(home.path()).unwrap(), broken, "nothing to write, nothing touched");

        file.set("sound.enabled", false).unwrap();
        assert_eq!(fs::read(home.0.path().join("settings.broken-2.toml")).unwrap(), broken);
        assert_eq!(fs::read_to_string(home.0.path().join("settings.broken-1.toml")).unwrap(), "older");
        assert!(!home.open().settings().sound.enabled);
        assert_eq!(file.problems(), []);
    }
}

#[test]
fn the_line_of_a_syntax_error_is_named() {
    let file = Home::with("[log]\nlevel = \"warn\"\nlevel =\n").open();
    assert!(file.problems()[0].message.contains("line 3"), "{}", file.problems()[0].message);
}

#[test]
fn an_unreadable_file_is_a_problem_and_no_crash() {
    let home = Home::new();
    fs::create_dir(home.path()).unwrap();
    let mut file = home.open();
    assert_eq!(file.settings(), &Settings::default());
    assert_eq!(file.problems().len(), 1);
    assert_eq!(file.set("sound.enabled", false).unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(file.settings(), &Settings::default());
}

#[test]
fn an_unwritable_folder_changes_nothing() {
    let home = Home::new();
    let in_the_way = home.0.path().join("file");
    fs::write(&in_the_way, "").unwrap();
    let mut file = SettingsFile::open(in_the_way.join("settings.toml"));
    let error = file.set("sound.enabled", false).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Storage);
    assert_eq!(file.settings(), &Settings::default());
}

#[test]
fn a_section_that_is_none_is_not_overwritten() {
    let home = Home::with("sound = 3\n");
    let mut file = home.open();
    assert_eq!(file.set("sound.enabled", false).unwrap_err().kind, ErrorKind::BadSettings);
    assert_eq!(home.text(), "sound = 3\n");
}

#[test]
fn a_value_keeps_its_type() {
    let values: std::collections::BTreeMap<String, SettingValue> =
        toml::from_str("a = true\nb = 3\nc = 0.5\nd = \"x\"\n").unwrap();
    let values: Vec<_> = values.into_values().collect();
    assert_eq!(values, [true.into(), SettingValue::Integer(3), 0.5.into(), "x".into()]);
}

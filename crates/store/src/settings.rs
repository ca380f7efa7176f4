//! The settings file: only what differs from the defaults, written by the user or by Tawk.
//!
//! Whatever is in the file, there are settings: what cannot be used is reported and its default taken.

use std::collections::BTreeMap;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use tawk_core::settings::{Problem, Settings};
use tawk_core::{Error, ErrorKind, Result};
use toml::{Table, Value};
use toml_edit::DocumentMut;

use crate::disk;

mod edit;
#[cfg(test)]
mod tests;

/// The commented defaults: every setting with its meaning, for users to read.
pub const DEFAULTS: &str = include_str!("../settings.toml");

/// What a settings file that Tawk makes begins with.
const HEADER: &str = "# Settings of Tawk that differ from the defaults.\n";

/// A single setting's value, as JSON and TOML know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum SettingValue {
    /// True or false.
    Bool(bool),
    /// A whole number. Goes for a [`SettingValue::Number`] too.
    Integer(i64),
    /// A number.
    Number(f64),
    /// Text, or the name of a choice.
    Text(String),
    /// A list, such as that of the microphones.
    List(Vec<SettingValue>),
    /// An entry of a list that has parts.
    Entry(BTreeMap<String, SettingValue>),
}

impl From<bool> for SettingValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for SettingValue {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<u32> for SettingValue {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for SettingValue {
    fn from(value: f64) -> Self {
        Self::Number(value)
    }
}

impl From<&str> for SettingValue {
    fn from(value: &str) -> Self {
        Self::Text(value.into())
    }
}

impl From<String> for SettingValue {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<SettingValue> for Value {
    fn from(value: SettingValue) -> Self {
        match value {
            SettingValue::Bool(value) => Value::Boolean(value),
            SettingValue::Integer(value) => Value::Integer(value),
            SettingValue::Number(value) => Value::Float(value),
            SettingValue::Text(value) => Value::String(value),
            SettingValue::List(values) => Value::Array(values.into_iter().map(Value::from).collect()),
            SettingValue::Entry(parts) => {
                Value::Table(parts.into_iter().map(|(name, value)| (name, Value::from(value))).collect())
            }
        }
    }
}

/// The settings in force, and the file that they came from.
#[derive(Clone, Debug)]
pub struct SettingsFile {
    path: PathBuf,
    settings: Settings,
    problems: Vec<Problem>,
}

/// What is in the file.
enum Content {
    Absent,
    Text(Table, String),
    /// Not TOML; kept aside before anything is written.
    Broken(Vec<u8>, String),
    Unreadable(io::Error),
}

impl SettingsFile {
    /// Reads the file at `path`, which need not exist.
    pub fn open(path: impl Into<PathBuf>) -> Self {
        let mut file = Self { path: path.into(), settings: Settings::default(), problems: Vec::new() };
        file.reload();
        file
    }

    /// Where the file lies, or would lie.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The settings in force. Every value can be used.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// What in the file cannot be used, each a sentence with the file's path. The key is the setting's dotted name, or
    /// `settings.toml` when it is about the file as a whole.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Reads the file again.
    pub fn reload(&mut self) {
        let whole = |message| vec![Problem { key: "settings.toml".into(), message }];
        (self.settings, self.problems) = match self.read() {
            Content::Absent => Default::default(),
            Content::Text(table, _) => overlay(&table, &self.path),
            Content::Broken(_, reason) => (
                Settings::default(),
                whole(format!(
                    "{} cannot be understood ({reason}), so the defaults are used. Mend the file; before Tawk writes \
                     settings, it keeps this one aside.",
                    self.path.display()
                )),
            ),
            Content::Unreadable(error) => (
                Settings::default(),
                whole(format!(
                    "{} Until then the defaults are used.",
                    disk::trouble("read the settings", &self.path, &error).message
                )),
            ),
        };
    }

    /// Changes one setting, named like `dictation.hotkey`, and writes the file. A value equal to the default is taken
    /// out of the file. What was changed in the file meanwhile is kept and takes force too; comments and unknown keys
    /// stay.
    ///
    /// # Errors
    /// `Usage` when there is no such setting or the value is not allowed; `BadSettings` when the file holds something
    /// else where the setting's section should be; `Storage` when the file cannot be read or written. The settings in
    /// force are then unchanged.
    pub fn set(&mut self, key: &str, value: impl Into<SettingValue>) -> Result<()> {
        let value = Value::from(value.into());
        let defaults = table(&Settings::default());
        let known =
            |(section, name): &(&str, &str)| defaults.get(*section).and_then(|table| table.get(*name)).is_some();
        let Some((section, name)) = key.split_once('.').filter(known) else {
            return Err(Error::new(ErrorKind::Usage, format!("There is no setting “{key}”.")));
        };
        let tried = tried(&defaults, section, name, &value).map_err(|why| Error::new(ErrorKind::Usage, why))?;
        let is_default = table(&tried).get(section) == defaults.get(section);

        let (before, broken) = match self.read() {
            Content::Absent => (String::new(), None),
            Content::Text(_, text) => (text, None),
            Content::Broken(bytes, _) => (String::new(), Some(bytes)),
            Content::Unreadable(error) => return Err(disk::trouble("read the settings", &self.path, &error)),
        };
        let start = if before.is_empty() { HEADER } else { &before };
        let mut document: DocumentMut =
            start.parse().map_err(|error| Error::new(ErrorKind::Internal, format!("The settings changed: {error}")))?;
        let changed = match is_default {
            true => edit::remove(&mut document, section, name),
            false => edit::put(&mut document, section, name, &value),
        };
        let changed = changed.map_err(|edit::NoSection| {
            Error::new(
                ErrorKind::BadSettings,
                format!("In {} “{section}” is not a section. Mend the file and try again.", self.path.display()),
            )
        })?;
        if changed {
            let after = document.to_string();
            if let Some(folder) = self.path.parent() {
                disk::make_folder(folder)?;
            }
            if let Some(bytes) = broken {
                self.keep_aside(&bytes)?;
            }
            disk::replace(&self.path, after.as_bytes())?;
        }
        self.reload();
        Ok(())
    }

    fn read(&self) -> Content {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Content::Absent,
            Err(error) => return Content::Unreadable(error),
        };
        let text = match String::from_utf8(bytes) {
            Ok(text) => text,
            Err(error) => return Content::Broken(error.into_bytes(), "it is not text in UTF-8".into()),
        };
        match toml::from_str::<Table>(&text) {
            Ok(table) => Content::Text(table, text),
            Err(error) => {
                let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
                let reason = format!("line {line}: {}", error.message().replace('\n', ", "));
                Content::Broken(text.into_bytes(), reason)
            }
        }
    }

    /// Saves a broken file as `settings.broken-<n>.toml`, with the first number that is free.
    fn keep_aside(&self, bytes: &[u8]) -> Result<()> {
        for number in 1.. {
            let aside = self.path.with_file_name(format!("settings.broken-{number}.toml"));
            let refuse = |error: io::Error| disk::trouble("write", &aside, &error);
            match OpenOptions::new().write(true).create_new(true).mode(0o600).open(&aside) {
                Ok(mut file) => return file.write_all(bytes).and_then(|()| file.sync_all()).map_err(refuse),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(refuse(error)),
            }
        }
        Ok(())
    }
}

/// The settings as sections of keys.
fn table(settings: &Settings) -> Table {
    // Plain values in plain sections always fit; a test holds every key against the commented file.
    Table::try_from(settings).unwrap_or_default()
}

/// Puts the user's values over the defaults, each by itself, so that one mistake costs one setting.
fn overlay(user: &Table, path: &Path) -> (Settings, Vec<Problem>) {
    let defaults = table(&Settings::default());
    let mut accepted = defaults.clone();
    let mut problems = Vec::new();
    let mut report = |key: &str, what: String, instead: String| {
        problems.push(Problem { key: key.into(), message: format!("{what} ({key} in {}; {instead})", path.display()) });
    };
    for (section, entries) in user {
        let Some(known) = defaults.get(section).and_then(Value::as_table) else {
            report(section, format!("There is no section “{section}”."), "it is ignored.".into());
            continue;
        };
        let Some(entries) = entries.as_table() else {
            report(section, format!("“{section}” must be a section."), "its defaults are used.".into());
            continue;
        };
        for (name, value) in entries {
            let key = format!("{section}.{name}");
            let Some(default) = known.get(name) else {
                report(&key, format!("There is no setting “{key}”."), "it is ignored.".into());
                continue;
            };
            match tried(&defaults, section, name, value) {
                Ok(_) => {
                    if let Some(Value::Table(section)) = accepted.get_mut(section) {
                        section.insert(name.clone(), value.clone());
                    }
                }
                Err(why) => report(&key, why, format!("the default, {}, is used.", shown(default))),
            }
        }
    }
    (accepted.try_into().unwrap_or_default(), problems)
}

/// A default for people. A fraction kept in 32 bits is rounded to what was meant.
fn shown(default: &Value) -> String {
    match default {
        Value::Float(number) => format!("{}", *number as f32),
        other => other.to_string(),
    }
}

/// The defaults with one value changed, or a sentence why that cannot be.
fn tried(defaults: &Table, section: &str, name: &str, value: &Value) -> Result<Settings, String> {
    let with = |value: Value| {
        let mut changed = defaults.clone();
        if let Some(Value::Table(section)) = changed.get_mut(section) {
            section.insert(name.into(), value);
        }
        changed.try_into::<Settings>()
    };
    let key = format!("{section}.{name}");
    let bounds = |settings: &Settings| settings.problems().into_iter().find(|p| p.key == key).map(|p| p.message);
    let default = &defaults[section][name];
    match with(value.clone()) {
        Ok(settings) => match bounds(&settings) {
            Some(message) => Err(message),
            None => Ok(settings),
        },
        Err(error) => Err(match (default, value) {
            // Beyond 32 bits or below zero: the setting's own bounds say it better.
            (Value::Integer(_), Value::Integer(number)) => with(Value::Integer((*number).clamp(0, u32::MAX.into())))
                .ok()
                .and_then(|settings| bounds(&settings))
                .unwrap_or_else(|| format!("“{key}” must be a whole number that is not negative.")),
            (Value::Integer(_), _) => format!("“{key}” must be a whole number."),
            (Value::Float(_), _) => format!("“{key}” must be a number."),
            (Value::Boolean(_), _) => format!("“{key}” must be true or false."),
            (Value::Array(_), _) if key == "typing.apps" => format!(
                "“{key}” must be a list of rules, each with app and any of chunk_units, pace_ms, newline and hold."
            ),
            (Value::Array(_), _) => format!("“{key}” must be a list of microphones' ids, which tawk devices shows."),
            (Value::String(_), Value::String(text)) => match choices(error.message()) {
                Some(choices) => format!("“{text}” is not allowed for “{key}”. Use one of {choices}."),
                None => format!("“{text}” is not allowed for “{key}”."),
            },
            _ => format!("“{key}” must be text in quotation marks."),
        }),
    }
}

/// The choices that serde names in "unknown variant `x`, expected one of `a`, `b`".
fn choices(message: &str) -> Option<String> {
    let (_, expected) = message.split_once("expected ")?;
    let names: Vec<_> = expected.split('`').skip(1).step_by(2).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

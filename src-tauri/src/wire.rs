//! What crosses to the window. `ui/types.js` is the other side; the tests here keep the two alike.

use serde::Serialize;
use serde_json::{Map, Value, json};
use tawk_app::Handle;
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::{Result, login_item, settings};
use tawk_store::history::Remembered;

use crate::system;

/// What a command that can fail gives.
pub(crate) type Answer<T> = std::result::Result<T, Trouble>;

/// An error and a list, as the window takes them.
pub(crate) fn answer<T, U: FromEngine<T>>(result: Result<T>) -> Answer<U> {
    result.map(U::from_engine).map_err(|error| Trouble { code: error.kind.code().into(), message: error.message })
}

/// Made from what the engine gives.
pub(crate) trait FromEngine<T> {
    fn from_engine(value: T) -> Self;
}

impl FromEngine<()> for () {
    fn from_engine((): ()) {}
}

/// Whether there was one.
impl FromEngine<Option<()>> for bool {
    fn from_engine(value: Option<()>) -> Self {
        value.is_some()
    }
}

impl FromEngine<login_item::LoginItem> for LoginItem {
    fn from_engine(state: login_item::LoginItem) -> Self {
        state.into()
    }
}

impl FromEngine<tawk_store::Erased> for Erased {
    fn from_engine(erased: tawk_store::Erased) -> Self {
        erased.into()
    }
}

impl<T, U: From<T>> FromEngine<Vec<T>> for Vec<U> {
    fn from_engine(values: Vec<T>) -> Self {
        values.into_iter().map(U::from).collect()
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Snapshot {
    status: Status,
    settings: Map<String, Value>,
    problems: Vec<Problem>,
    languages: Vec<&'static str>,
    permissions: Permissions,
    login_item: LoginItem,
    /// What to do about the place that Tawk was started from, if anything.
    place_advice: Option<String>,
    system: &'static str,
    version: &'static str,
}

impl Snapshot {
    pub(crate) fn of(engine: &Handle) -> Self {
        Self {
            status: engine.status().into(),
            settings: flat(&engine.settings()),
            problems: engine.settings_problems().into_iter().map(Into::into).collect(),
            languages: settings::LANGUAGES.to_vec(),
            permissions: Permissions {
                microphone: engine.permission(Permission::Microphone),
                typing: engine.permission(Permission::Typing),
                listening: engine.permission(Permission::Listening),
            },
            login_item: engine.login_item().into(),
            place_advice: engine.place().advice(),
            system: system::NAME,
            version: tawk_app::VERSION,
        }
    }
}

/// Every setting by its dotted name; the microphones as the list in force, each with id and name.
fn flat(settings: &settings::Settings) -> Map<String, Value> {
    let mut flat = Map::new();
    let tables = serde_json::to_value(settings).unwrap_or_default();
    for (table, values) in tables.as_object().into_iter().flatten() {
        for (name, value) in values.as_object().into_iter().flatten() {
            flat.insert(format!("{table}.{name}"), value.clone());
        }
    }
    // The window has no control for it.
    flat.remove("typing.apps");
    let list = settings.microphone.list();
    let list = list.into_iter().map(|microphone| json!({ "id": microphone.id, "name": microphone.name })).collect();
    flat.insert("microphone.priority".into(), Value::Array(list));
    flat
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    state: tawk_app::State,
    trouble: Option<Trouble>,
    note: Option<Trouble>,
    microphone: String,
    model: String,
    model_is_demo: bool,
    hotkey: String,
    hotkey_label: String,
    has_last_text: bool,
    recoverable: usize,
    notice: Option<String>,
    loading_percent: Option<u8>,
    waiting: Option<Waiting>,
    playing: Option<i64>,
    recognising_again: Option<i64>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Waiting {
    speech_seconds: u64,
    ready_in_seconds: Option<u64>,
}

impl From<tawk_app::Waiting> for Waiting {
    fn from(waiting: tawk_app::Waiting) -> Self {
        Self { speech_seconds: waiting.speech_seconds, ready_in_seconds: waiting.ready_in_seconds }
    }
}

impl From<tawk_app::Status> for Status {
    fn from(status: tawk_app::Status) -> Self {
        Self {
            state: status.state,
            trouble: status.trouble.map(Into::into),
            note: status.note.map(Into::into),
            microphone: status.microphone,
            model: status.model,
            model_is_demo: status.model_is_demo,
            hotkey_label: system::hotkey_label(&status.hotkey),
            hotkey: status.hotkey,
            has_last_text: status.has_last_text,
            recoverable: status.recoverable,
            notice: status.notice,
            loading_percent: status.loading_percent,
            waiting: status.waiting.map(Into::into),
            playing: status.playing,
            recognising_again: status.recognising_again,
        }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Trouble {
    code: String,
    message: String,
}

impl From<tawk_app::Trouble> for Trouble {
    fn from(trouble: tawk_app::Trouble) -> Self {
        Self { code: trouble.code, message: trouble.message }
    }
}

#[derive(Debug, Serialize)]
struct Problem {
    key: String,
    message: String,
}

impl From<settings::Problem> for Problem {
    fn from(problem: settings::Problem) -> Self {
        Self { key: problem.key, message: problem.message }
    }
}

#[derive(Debug, Serialize)]
struct Permissions {
    microphone: PermissionState,
    typing: PermissionState,
    listening: PermissionState,
}

/// What became of everything that Tawk had written.
#[derive(Debug, Serialize)]
pub(crate) struct Erased {
    removed: Vec<String>,
    left: Vec<String>,
    failed: Vec<String>,
}

impl From<tawk_store::Erased> for Erased {
    fn from(tawk_store::Erased { removed, left, failed }: tawk_store::Erased) -> Self {
        Self { removed, left, failed }
    }
}

/// Whether the system starts Tawk at login.
#[derive(Debug, Serialize)]
pub(crate) struct LoginItem {
    on: bool,
    state: login_item::LoginItem,
    advice: Option<&'static str>,
}

impl From<login_item::LoginItem> for LoginItem {
    fn from(state: login_item::LoginItem) -> Self {
        Self { on: state.is_wanted(), state, advice: state.advice() }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Microphone {
    id: String,
    name: String,
    is_default: bool,
    is_bluetooth: bool,
}

impl From<tawk_core::microphone::Microphone> for Microphone {
    fn from(microphone: tawk_core::microphone::Microphone) -> Self {
        let tawk_core::microphone::Microphone { id, name, is_default, is_bluetooth } = microphone;
        Self { id, name, is_default, is_bluetooth }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Model {
    id: String,
    name: String,
    bytes: u64,
    languages: String,
    state: String,
    installed: bool,
    demo: bool,
    current: bool,
    recommended: bool,
    hint: String,
}

impl From<tawk_app::ModelRow> for Model {
    fn from(row: tawk_app::ModelRow) -> Self {
        Self {
            id: row.id,
            name: row.name,
            bytes: row.bytes,
            languages: row.languages,
            state: row.state,
            installed: row.installed,
            demo: row.demo,
            current: row.current,
            recommended: row.recommended,
            hint: row.hint,
        }
    }
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Dictation {
    id: i64,
    at_ms: i64,
    text: String,
    first_text: Option<String>,
    untyped: Option<String>,
    withheld: Vec<Withheld>,
    fate: String,
    app: String,
    has_audio: bool,
}

#[derive(Debug, Serialize)]
struct Withheld {
    text: String,
    reason: String,
}

impl From<Remembered> for Dictation {
    fn from(remembered: Remembered) -> Self {
        let Remembered { id, dictation, first_text, .. } = remembered;
        let withheld = dictation.withheld.into_iter().map(|part| Withheld { text: part.text, reason: part.reason });
        Self {
            id,
            at_ms: dictation.at_ms,
            text: dictation.text,
            first_text,
            untyped: dictation.untyped,
            withheld: withheld.collect(),
            fate: dictation.fate,
            app: dictation.app,
            has_audio: dictation.audio.is_some(),
        }
    }
}

/// How long the steps of a dictation took; nothing of what was said.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Times {
    id: i64,
    at_ms: i64,
    audio_ms: u64,
    release_to_text_ms: Option<f64>,
    own_overhead_ms: Option<f64>,
    recognising_ms: Option<f64>,
    model: String,
}

impl From<Remembered> for Times {
    fn from(Remembered { id, dictation, .. }: Remembered) -> Self {
        let number = |name: &str| dictation.timing.get(name).copied();
        Self {
            id,
            at_ms: dictation.at_ms,
            audio_ms: dictation.length_ms,
            release_to_text_ms: number("release_to_text"),
            own_overhead_ms: number("own_overhead"),
            recognising_ms: number("recognising"),
            model: dictation.model,
        }
    }
}

/// How the trial of a microphone goes.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trial {
    is_listening: bool,
    microphone: String,
    level_dbfs: Option<f32>,
    heard_ms: u64,
    is_heard: bool,
    is_playing: bool,
    error: Option<tawk_app::Trouble>,
}

impl From<tawk_app::Trial> for Trial {
    fn from(trial: tawk_app::Trial) -> Self {
        let tawk_app::Trial { is_listening, microphone, level_dbfs, heard_ms, is_heard, is_playing, error } = trial;
        Self { is_listening, microphone, level_dbfs, heard_ms, is_heard, is_playing, error }
    }
}

#[derive(Clone, Debug, Serialize)]
pub(crate) struct FetchState {
    id: String,
    done: u64,
    total: u64,
    finished: bool,
    error: Option<tawk_app::Trouble>,
}

impl From<tawk_app::FetchState> for FetchState {
    fn from(state: tawk_app::FetchState) -> Self {
        Self { id: state.id, done: state.done, total: state.total, finished: state.finished, error: state.error }
    }
}

#[derive(Debug, Serialize)]
pub(crate) struct Report {
    checks: Vec<Check>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Check {
    id: String,
    name: String,
    state: tawk_app::CheckState,
    message: String,
    next_step: Option<String>,
}

impl From<tawk_app::Report> for Report {
    fn from(report: tawk_app::Report) -> Self {
        let checks = report.checks.into_iter().map(|check| Check {
            id: check.id,
            name: check.name,
            state: check.state,
            message: check.message,
            next_step: check.next_step,
        });
        Self { checks: checks.collect() }
    }
}

#[cfg(test)]
mod tests;

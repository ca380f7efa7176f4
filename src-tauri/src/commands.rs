//! What the settings window may ask. One line each; none runs on the main thread.
// Tauri hands the state over by value.
#![allow(clippy::needless_pass_by_value)]

use std::path::PathBuf;

use serde_json::Value;
use tauri::{AppHandle, State};
use tawk_app::{Handle, Models};
use tawk_core::permission::Permission;

use crate::picking;
use crate::wire::{
    Answer, Dictation, Erased, FetchState, LoginItem, Microphone, Model, Report, Snapshot, Times, answer,
};

/// So many dictations are shown at a time; `ui/sections/history.js` knows the number too.
const HISTORY_PAGE: u32 = 20;
/// The times of so many dictations are shown.
const TIMED: u32 = 10;

#[tauri::command(async)]
pub(crate) fn snapshot(engine: State<'_, Handle>) -> Snapshot {
    Snapshot::of(&engine)
}

#[tauri::command(async)]
pub(crate) fn set_setting(engine: State<'_, Handle>, key: String, value: Value) -> Answer<()> {
    answer(engine.set(&key, &value))
}

#[tauri::command(async)]
pub(crate) fn microphones(engine: State<'_, Handle>) -> Answer<Vec<Microphone>> {
    answer(engine.microphones())
}

#[tauri::command(async)]
pub(crate) fn models(engine: State<'_, Handle>) -> Answer<Vec<Model>> {
    answer(engine.models())
}

#[tauri::command(async)]
pub(crate) fn fetch_model(engine: State<'_, Handle>, id: String) -> Answer<()> {
    answer(engine.fetch_model(&id))
}

#[tauri::command(async)]
pub(crate) fn cancel_fetch(engine: State<'_, Handle>) {
    engine.cancel_fetch();
}

#[tauri::command(async)]
pub(crate) fn fetch_state(engine: State<'_, Handle>) -> Option<FetchState> {
    engine.fetch_state().map(Into::into)
}

/// Gives whether the user chose a file.
#[tauri::command(async)]
pub(crate) fn import_model(app: AppHandle, engine: State<'_, Handle>, title: String) -> Answer<bool> {
    let import = |file: PathBuf| engine.import_model(&file);
    answer(picking::model_file(&app, title).and_then(|file| file.map(import).transpose()))
}

#[tauri::command(async)]
pub(crate) fn verify_model(engine: State<'_, Handle>, id: String) -> Answer<()> {
    answer(engine.verify_model(&id))
}

#[tauri::command(async)]
pub(crate) fn remove_model(engine: State<'_, Handle>, id: String) -> Answer<()> {
    answer(engine.remove_model(&id))
}

#[tauri::command(async)]
pub(crate) fn recover(engine: State<'_, Handle>) {
    engine.recover();
}

#[tauri::command(async)]
pub(crate) fn times(engine: State<'_, Handle>) -> Answer<Vec<Times>> {
    answer(engine.history("", None, TIMED))
}

#[tauri::command(async)]
pub(crate) fn copy_report(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.copy_report())
}

#[tauri::command(async)]
pub(crate) fn doctor(engine: State<'_, Handle>) -> Report {
    engine.doctor().into()
}

#[tauri::command(async)]
pub(crate) fn request_permission(engine: State<'_, Handle>, permission: Permission) -> Answer<()> {
    answer(engine.request_permission(permission))
}

#[tauri::command(async)]
pub(crate) fn open_permission_settings(engine: State<'_, Handle>, permission: Permission) -> Answer<()> {
    answer(engine.open_permission_settings(permission))
}

#[tauri::command(async)]
pub(crate) fn history(engine: State<'_, Handle>, query: String, before: Option<i64>) -> Answer<Vec<Dictation>> {
    answer(engine.history(&query, before, HISTORY_PAGE))
}

#[tauri::command(async)]
pub(crate) fn copy_dictation(engine: State<'_, Handle>, id: i64) -> Answer<()> {
    answer(engine.copy_dictation(id))
}

#[tauri::command(async)]
pub(crate) fn play_dictation(engine: State<'_, Handle>, id: i64) -> Answer<()> {
    answer(engine.play_dictation(id))
}

#[tauri::command(async)]
pub(crate) fn stop_playing(engine: State<'_, Handle>) {
    engine.stop_playing();
}

/// The event `trial` tells how it goes.
#[tauri::command(async)]
pub(crate) fn try_microphone(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.try_microphone())
}

#[tauri::command(async)]
pub(crate) fn end_trial(engine: State<'_, Handle>) {
    engine.end_trial();
}

#[tauri::command(async)]
pub(crate) fn play_trial(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.play_trial())
}

#[tauri::command(async)]
pub(crate) fn recognise_again(engine: State<'_, Handle>, id: i64, model: String) -> Answer<()> {
    answer(engine.recognise_again(id, &model))
}

#[tauri::command(async)]
pub(crate) fn delete_dictation(engine: State<'_, Handle>, id: i64) -> Answer<()> {
    answer(engine.delete_dictations(&[id]))
}

#[tauri::command(async)]
pub(crate) fn delete_history(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.delete_history())
}

#[tauri::command(async)]
pub(crate) fn copy_last_text(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.copy_last_text())
}

#[tauri::command(async)]
pub(crate) fn set_login_item(engine: State<'_, Handle>, on: bool) -> Answer<LoginItem> {
    answer(engine.set_login_item(on))
}

#[tauri::command(async)]
pub(crate) fn open_login_items(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.open_login_items())
}

#[tauri::command(async)]
pub(crate) fn erase(engine: State<'_, Handle>, models: bool) -> Answer<Erased> {
    answer(engine.erase(if models { Models::Delete } else { Models::Keep }))
}

#[tauri::command(async)]
pub(crate) fn quit(engine: State<'_, Handle>) {
    engine.quit();
}

#[tauri::command(async)]
pub(crate) fn show_applications(engine: State<'_, Handle>) -> Answer<()> {
    answer(engine.show_applications())
}

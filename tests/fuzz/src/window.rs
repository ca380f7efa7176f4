//! What the settings window may ask of a running engine, on a machine made of memory.

use std::fs;

use serde_json::{Value, json};
use tawk_core::Result;
use tawk_platform::fake::Fake;
use tawk_store::Folders;

use crate::Target;
use crate::control::engine;

const COMMANDS: [&str; 8] = [
    "set_setting",
    "history",
    "copy_dictation",
    "play_dictation",
    "recognise_again",
    "delete_dictation",
    "verify_model",
    "remove_model",
];
const KEYS: [&str; 8] = [
    "dictation.hotkey",
    "dictation.vocabulary",
    "dictation.language",
    "microphone.priority",
    "recognition.model",
    "sound.volume",
    "history.keep_mb",
    "welcome.step",
];

/// A request of what is no request: its first bytes choose what is asked, the rest is what it is asked with.
fn asked_with(input: &[u8]) -> Value {
    let choose = |at: usize| usize::from(input.get(at).copied().unwrap_or_default());
    let rest = String::from_utf8_lossy(input.get(2..).unwrap_or_default()).into_owned();
    let value = serde_json::from_str(&rest).unwrap_or_else(|_| Value::from(rest.as_str()));
    json!({
        "command": COMMANDS[choose(0) % COMMANDS.len()], "key": KEYS[choose(1) % KEYS.len()], "value": value,
        "query": rest, "model": rest, "before": choose(1), "id": choose(1),
    })
}

/// Whatever a page asks for, it is done or refused with a sentence, the settings in force can be used, and no file is touched
/// that is not Tawk's to touch.
pub fn window() -> Target {
    let home = tempfile::tempdir().expect("A temporary folder can be made.");
    let folders = Folders::under(home.path());
    let (platform, _machine) = Fake::new();
    let engine = engine(&folders, platform);
    let foreign = home.path().join("ggml-foreign.bin");
    fs::write(&foreign, "somebody else's").expect("A file can be written.");
    Box::new(move |input| {
        // It lives as long as the target.
        let _kept = &home;
        let handle = engine.handle();
        let asked = serde_json::from_slice(input).unwrap_or_else(|_| asked_with(input));
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default();
        let number = |name: &str| asked.get(name).and_then(Value::as_i64);
        let id = number("id").unwrap_or_default();
        let done: Result<()> = match text("command") {
            "set_setting" => handle.set(text("key"), asked.get("value").unwrap_or(&Value::Null)),
            "history" => handle.history(text("query"), number("before"), 20).map(drop),
            "copy_dictation" => handle.copy_dictation(id),
            "play_dictation" => handle.play_dictation(id),
            "recognise_again" => handle.recognise_again(id, text("model")),
            "delete_dictation" => handle.delete_dictations(&[id]),
            "verify_model" => handle.verify_model(text("model")),
            "remove_model" => handle.remove_model(text("model")),
            _ => return,
        };
        if let Err(error) = done {
            assert!(error.message.ends_with(['.', '?']), "{error}");
        }
        assert_eq!(handle.settings().problems(), [], "A value is in force that cannot be used.");
        assert!(foreign.exists(), "A foreign file was removed.");
    })
}

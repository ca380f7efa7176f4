//! Tells Tauri which commands exist, so that a window gets only those that its capability names.

/// Every command of `src/commands.rs`.
const COMMANDS: &[&str] = &[
    "cancel_fetch",
    "copy_last_text",
    "doctor",
    "fetch_model",
    "fetch_state",
    "microphones",
    "models",
    "open_permission_settings",
    "request_permission",
    "set_setting",
    "snapshot",
];

fn main() {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}

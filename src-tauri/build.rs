//! Tells Tauri which commands exist, so that a window gets only those that its capability names.

/// Every command of `src/commands.rs`.
const COMMANDS: &[&str] = &[
    "cancel_fetch",
    "copy_dictation",
    "copy_last_text",
    "copy_report",
    "delete_dictation",
    "delete_history",
    "doctor",
    "end_trial",
    "erase",
    "fetch_model",
    "fetch_state",
    "history",
    "import_model",
    "microphones",
    "models",
    "open_login_items",
    "open_permission_settings",
    "play_dictation",
    "play_trial",
    "quit",
    "recognise_again",
    "recover",
    "remove_model",
    "request_permission",
    "set_login_item",
    "set_setting",
    "show_applications",
    "snapshot",
    "stop_playing",
    "times",
    "try_microphone",
    "verify_model",
];

fn main() {
    load_weakly();
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    if let Err(error) = tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest)) {
        eprintln!("{error:#}");
        std::process::exit(1);
    }
}

/// Lets Tawk start on macOS 13: cpal can record what other programs play, which Tawk never asks for, by functions of
/// CoreAudio that came with macOS 14.2. Linked weakly, what is missing does not keep the program from being loaded.
/// scripts/verify-dmg and scripts/check-macos link look for such functions. Keep in step with crates/cli/build.rs.
fn load_weakly() {
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "macos") {
        println!("cargo:rustc-link-arg-bins=-weak_framework");
        println!("cargo:rustc-link-arg-bins=CoreAudio");
    }
}

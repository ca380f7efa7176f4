//! The system's own dialog for choosing a file. The page never names one.

use std::path::PathBuf;

use crossbeam_channel::bounded;
use rfd::AsyncFileDialog;
use tauri::{AppHandle, Manager as _};
use tawk_core::{Error, ErrorKind, Result};

use crate::window;

/// Asks for a model file under this title, which is the window's, in the user's language. `None` when the user chose
/// none. Waits for the user: never on the main thread, which shows the dialog.
///
/// # Errors
/// `Internal` when the dialog cannot be shown.
pub(crate) fn model_file(app: &AppHandle, title: String) -> Result<Option<PathBuf>> {
    let (chosen, answer) = bounded(1);
    let handle = app.clone();
    let asked = app.run_on_main_thread(move || {
        let mut dialog = AsyncFileDialog::new().set_title(title).add_filter("Whisper", &["bin"]);
        if let Some(window) = handle.get_webview_window(window::LABEL) {
            dialog = dialog.set_parent(&window);
        }
        let file = dialog.pick_file();
        tauri::async_runtime::spawn(async move {
            let _ = chosen.send(file.await.map(|file| file.path().to_owned()));
        });
    });
    let refused = || Error::new(ErrorKind::Internal, "The dialog cannot be shown. Use `tawk models import FILE`.");
    asked.map_err(|_| refused())?;
    answer.recv().map_err(|_| refused())
}

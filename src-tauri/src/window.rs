//! The settings window: made when it is wanted, gone when it is closed.

use tauri::{AppHandle, Manager as _, WebviewUrl, WebviewWindowBuilder};
use tawk_store::Folders;

/// The window's label; the capability of the same name says what it may do.
pub(crate) const LABEL: &str = "settings";

/// Shows the window, in front. May be called from any thread; does not wait.
pub(crate) fn open(app: &AppHandle) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = show(&handle) {
            tracing::error!(%error, "the settings window cannot be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the main thread is gone");
    }
}

fn show(app: &AppHandle) -> tauri::Result<()> {
    let window = match app.get_webview_window(LABEL) {
        Some(window) => window,
        None => WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App("index.html".into()))
            .title("Tawk Settings")
            .inner_size(620.0, 760.0)
            .min_inner_size(340.0, 360.0)
            // Not in a folder of the web view's own choosing. (A private session cannot be driven by tests.)
            .data_directory(app.state::<Folders>().data.join("webview"))
            // Only Tawk's own pages: nothing here leads anywhere else.
            .on_navigation(|url| url.scheme() == "tauri")
            .build()?,
    };
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

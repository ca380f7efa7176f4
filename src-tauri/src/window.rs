//! The settings window: made when it is wanted, gone when it is closed.

use tauri::{AppHandle, Emitter as _, Manager as _, WebviewUrl, WebviewWindow, WebviewWindowBuilder, WindowEvent};
use tawk_app::Handle;
use tawk_store::Folders;

/// The window's label; the capability of the same name says what it may do.
pub(crate) const LABEL: &str = "settings";

/// A place of the window, as `ui/places.js` calls it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Page {
    /// Where the user was last.
    Last,
    /// The models.
    Models,
    /// What was checked, and what mends it.
    Health,
    /// The first run.
    Welcome,
}

impl Page {
    /// The name that the pages know; none leaves it to them.
    const fn name(self) -> Option<&'static str> {
        match self {
            Self::Last => None,
            Self::Models => Some("models"),
            Self::Health => Some("health"),
            Self::Welcome => Some("welcome"),
        }
    }
}

/// Shows the window, in front. May be called from any thread; does not wait.
pub(crate) fn open(app: &AppHandle, page: Page) {
    let handle = app.clone();
    let shown = app.run_on_main_thread(move || {
        if let Err(error) = show(&handle, page) {
            tracing::error!(%error, "the settings window cannot be shown");
        }
    });
    if let Err(error) = shown {
        tracing::error!(%error, "the main thread is gone");
    }
}

fn show(app: &AppHandle, page: Page) -> tauri::Result<()> {
    let window = match app.get_webview_window(LABEL) {
        Some(window) => {
            if let Some(name) = page.name() {
                window.emit_to(LABEL, "place", name)?;
            }
            window
        }
        None => create(app, page)?,
    };
    window.unminimize()?;
    window.show()?;
    window.set_focus()
}

fn create(app: &AppHandle, page: Page) -> tauri::Result<WebviewWindow> {
    let window = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::App(address(page).into()))
        .title("Tawk Settings")
        .inner_size(780.0, 680.0)
        .min_inner_size(340.0, 360.0)
        // Shown when the web view is there, which takes a while: whoever has turned to another window by then would lose
        // the keyboard to this one a second time.
        .visible(false)
        // Not in a folder of the web view's own choosing. (A private session cannot be driven by tests.)
        .data_directory(app.state::<Folders>().data.join("webview"))
        // Only Tawk's own pages: nothing here leads anywhere else.
        .on_navigation(|url| url.scheme() == "tauri")
        // In the user's language, which the pages know.
        .on_document_title_changed(|window, title| {
            if let Err(error) = window.set_title(&title) {
                tracing::warn!(%error, "the window's title cannot be set");
            }
        })
        .build()?;
    // Nobody sees the level any more, or can play what was heard.
    let engine = app.state::<Handle>().inner().clone();
    window.on_window_event(move |event| {
        if matches!(event, WindowEvent::Destroyed) {
            engine.forget_trial();
        }
    });
    Ok(window)
}

/// The address of the pages that shows the place first.
fn address(page: Page) -> String {
    page.name().map_or_else(|| "index.html".into(), |name| format!("index.html#{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pages_have_every_place() {
        let page = include_str!("../../ui/index.html");
        for name in [Page::Last, Page::Models, Page::Health, Page::Welcome].into_iter().filter_map(Page::name) {
            assert!(page.contains(&format!("data-panel=\"{name}\"")), "{name}");
        }
    }
}

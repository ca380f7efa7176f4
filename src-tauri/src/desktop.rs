//! Runs the app: engine first, then tray, and a window only when somebody wants one.

use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::unbounded;
use tauri::{App, Manager as _, RunEvent};
use tawk_app::{Engine, Handle, Listener, LogGuard, Options, Request};
use tawk_core::place::Place;
use tawk_core::settings::WelcomeStep;
use tawk_core::{Error, ErrorKind, Result};
use tawk_store::{Folders, SettingsFile};

use crate::face::Face;
use crate::window::{self, Page};
use crate::{commands, system, tray};

/// How long another Tawk may take to answer or to end. Ending is bounded to about 3 s.
const PATIENCE: Duration = Duration::from_secs(8);

/// How often it is asked.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Runs until the user quits. `window` opens the settings at once.
pub(crate) fn run(window: bool) -> ExitCode {
    let around = tawk_platform::around_silent_buses();
    if !around.is_empty() {
        let _ = writeln!(
            std::io::stderr(),
            "tawk-app: A bus of the desktop does not answer, so Tawk goes on without it, and perhaps without an icon. \
             Log out and in again to mend that."
        );
        // The window library waits for it without end, and reads where it is when a program begins.
        let failed = std::env::current_exe()
            .map(|program| Command::new(program).args(std::env::args_os().skip(1)).envs(around).exec());
        tracing::debug!(?failed, "not begun anew");
    }
    match start(window) {
        Ok(Some((app, engine, log))) => {
            keep(app, engine, log);
            ExitCode::SUCCESS
        }
        Ok(None) => {
            let _ = writeln!(std::io::stdout(), "Tawk is running already; its window is open now.");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "tawk-app: {error}");
            // Whoever started it from the desktop sees no terminal.
            if let Err(untold) = tawk_platform::native().notifications.show(&error.message) {
                tracing::info!("not notified: {untold}");
            }
            ExitCode::from(error.kind.exit_code())
        }
    }
}

/// Everything up to the event loop; `None` when another Tawk runs, which was asked to show its window.
fn start(window_wanted: bool) -> Result<Option<(App, Engine, Option<LogGuard>)>> {
    let platform = tawk_platform::native();
    system::require_display(&platform)?;
    let folders = Folders::find()?;
    folders.create()?;
    let log = start_logging(&folders);

    let pokes = unbounded();
    let face = Arc::new(Face::new(pokes.0.clone(), window_wanted));
    let listener: Arc<dyn Listener> = face.clone();
    let options = Options {
        platform,
        folders: folders.clone(),
        transcribers: Arc::new(tawk_whisper::WhisperTranscribers::new()),
        listener,
        is_app: true,
        microphone: None,
        model: None,
    };
    let Some(engine) = start_engine(&options)? else { return Ok(None) };

    let handle = engine.handle();
    if handle.place() != Place::Settled || is_first_run(&handle) {
        // It says what is wrong, or what to do first.
        handle.open_window();
    }
    let icons = folders.icons()?;
    let mut app = system::builder()
        .manage(handle.clone())
        .manage(folders)
        .invoke_handler(tauri::generate_handler![
            commands::cancel_fetch,
            commands::copy_dictation,
            commands::copy_last_text,
            commands::copy_report,
            commands::delete_dictation,
            commands::delete_history,
            commands::doctor,
            commands::end_trial,
            commands::erase,
            commands::fetch_model,
            commands::fetch_state,
            commands::history,
            commands::import_model,
            commands::microphones,
            commands::models,
            commands::open_login_items,
            commands::open_permission_settings,
            commands::play_dictation,
            commands::play_trial,
            commands::quit,
            commands::recognise_again,
            commands::recover,
            commands::remove_model,
            commands::request_permission,
            commands::set_login_item,
            commands::set_setting,
            commands::show_applications,
            commands::snapshot,
            commands::stop_playing,
            commands::times,
            commands::try_microphone,
            commands::verify_model,
        ])
        .setup(move |app| {
            // Without a tray the hotkey and the window still work.
            if let Err(error) = tray::start(app.handle(), handle, pokes, icons) {
                tracing::error!(%error, "there is no tray");
            }
            face.attach(app.handle());
            Ok(())
        })
        .build(tauri::generate_context!())
        .map_err(|error| Error::new(ErrorKind::NoDisplay, format!("The desktop cannot be reached: {error}.")))?;
    system::configure(&mut app);
    Ok(Some((app, engine, log)))
}

/// Whether the user has not been through the first run. Settings that cannot be read do not tell.
fn is_first_run(engine: &Handle) -> bool {
    engine.settings().welcome.step != WelcomeStep::Done && engine.settings_problems().is_empty()
}

/// The engine; `None` when another Tawk runs, which shows its window now. One that is just starting or quitting does
/// not answer yet or any more, and is given a moment.
fn start_engine(options: &Options) -> Result<Option<Engine>> {
    let begin = Instant::now();
    loop {
        let refused = match tawk_app::start(options.clone()) {
            Ok(engine) => return Ok(Some(engine)),
            Err(error) if error.kind == ErrorKind::AlreadyRunning => error,
            Err(error) => return Err(error),
        };
        match tawk_app::send(&options.folders, Request::Open) {
            Ok(_) => return Ok(None),
            Err(_) if begin.elapsed() < PATIENCE => thread::sleep(LOOK_EVERY),
            Err(_) => return Err(refused),
        }
    }
}

/// A log that cannot be written is said once and is no reason to stay away.
fn start_logging(folders: &Folders) -> Option<LogGuard> {
    let level = SettingsFile::open(folders.settings()).settings().log.level;
    tawk_app::start_logging(&folders.logs, level)
        .inspect_err(|error| {
            let _ = writeln!(std::io::stderr(), "tawk-app: {error}");
        })
        .ok()
}

/// The event loop. It may end the process instead of returning, so the engine is let go at its last event.
fn keep(app: App, engine: Engine, log: Option<LogGuard>) {
    let mut held = Some((engine, log));
    app.run(move |app, event| match event {
        // The last window closed: Tawk stays.
        RunEvent::ExitRequested { code: None, api, .. } => api.prevent_exit(),
        RunEvent::Exit => end(held.take(), &app.state::<Folders>()),
        event if system::reopened(&event) => window::open(app, Page::Last),
        _ => {}
    });
}

/// Lets go of engine and log. Where everything was deleted, what they wrote since is deleted too.
fn end(held: Option<(Engine, Option<LogGuard>)>, folders: &Folders) {
    let erased = held.as_ref().and_then(|(engine, _)| engine.handle().erased());
    drop(held);
    if let Some(models) = erased {
        tawk_app::erase_rest(folders, models);
    }
}

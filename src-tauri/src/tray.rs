//! The tray icon and its menu. One thread, `tray`, gathers what they show whenever something has changed, and
//! sleeps otherwise.

mod lists;

use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender};
use serde_json::json;
use tauri::image::Image;
use tauri::menu::{Menu, MenuItem, PredefinedMenuItem};
use tauri::tray::{TrayIcon, TrayIconBuilder, TrayIconEvent};
use tauri::{AppHandle, include_image};
use tawk_app::{Handle, State};

use self::lists::{AGAIN, COPY, RadioList, TextList};
use crate::menu::{Plan, View, escape, plan};
use crate::system;
use crate::window::{self, Page};

/// What the `tray` thread is asked.
#[derive(Debug)]
pub(crate) enum Poke {
    /// The status has changed.
    Status,
    /// Microphones, models or settings may have changed.
    Lists,
    /// Other dictations are remembered.
    History,
    /// The user chose a value of a setting from the menu.
    Choose(&'static str, String),
}

const MICROPHONE: &str = "microphone.priority";
const MODEL: &str = "recognition.model";

type Item = MenuItem<tauri::Wry>;

/// The icon and the parts of its menu that change. Used on the main thread only, after it has been made there.
struct Tray {
    app: AppHandle,
    icon: TrayIcon,
    folder: PathBuf,
    line: Item,
    toggle: Item,
    undo: Item,
    copy: Item,
    menu: Menu<tauri::Wry>,
    /// In the menu, after `copy`, only while there is something to recover.
    recover: Item,
    /// In the menu, before `settings`, only until the first run is over.
    welcome: Item,
    settings: Item,
    microphones: RadioList,
    models: RadioList,
    texts: TextList,
    again: TextList,
    shown: Option<Plan>,
}

/// Puts the icon into the tray and starts the thread that keeps it true. Main thread only.
///
/// # Errors
/// When the system's tray cannot be reached at all.
pub(crate) fn start(
    app: &AppHandle,
    engine: Handle,
    pokes: (Sender<Poke>, Receiver<Poke>),
    folder: PathBuf,
) -> tauri::Result<()> {
    let (poke, poked) = pokes;
    let mut tray = Tray::new(app, &engine, &poke, folder)?;
    let view = View { status: engine.status(), settings: engine.settings(), ..View::default() };
    tray.show(plan(&view))?;
    let app = app.clone();
    let _ = poke.send(Poke::Lists);
    let _ = poke.send(Poke::History);
    thread::Builder::new().name("tray".into()).spawn(move || follow(&app, &engine, &poked, tray, view))?;
    Ok(())
}

/// Waits for pokes; those that come together are answered once.
fn follow(app: &AppHandle, engine: &Handle, poked: &Receiver<Poke>, tray: Tray, mut view: View) {
    let tray = std::sync::Arc::new(std::sync::Mutex::new(tray));
    while let Ok(first) = poked.recv() {
        let (mut lists, mut history) = (false, false);
        let mut chosen = false;
        for poke in std::iter::once(first).chain(poked.try_iter()) {
            match poke {
                Poke::Status => {}
                Poke::Lists => lists = true,
                Poke::History => history = true,
                Poke::Choose(setting, value) => {
                    choose(engine, &view, setting, &value);
                    chosen = true;
                }
            }
        }
        view.status = engine.status();
        view.settings = engine.settings();
        if lists {
            refresh_lists(engine, &mut view);
        }
        if history {
            refresh_history(engine, &mut view);
        }
        let plan = plan(&view);
        let tray = std::sync::Arc::clone(&tray);
        let shown = app.run_on_main_thread(move || {
            let mut tray = tray.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            if chosen {
                // A clicked item has toggled itself, whatever came of the choice.
                tray.microphones.forget();
                tray.models.forget();
                tray.shown = None;
            }
            if let Err(error) = tray.show(plan) {
                tracing::warn!(%error, "the tray cannot be changed");
            }
        });
        if shown.is_err() {
            return;
        }
    }
}

/// What cannot be listed now keeps the list from before.
fn refresh_lists(engine: &Handle, view: &mut View) {
    match engine.microphones() {
        Ok(microphones) => view.microphones = microphones,
        Err(error) => tracing::warn!(code = error.kind.code(), "microphones cannot be listed: {error}"),
    }
    match engine.models() {
        Ok(models) => view.models = models,
        Err(error) => tracing::warn!(code = error.kind.code(), "models cannot be listed: {error}"),
    }
}

/// So many last texts are in the menu.
const LAST_TEXTS: usize = 3;

/// What cannot be read now is not shown: it may have been deleted.
fn refresh_history(engine: &Handle, view: &mut View) {
    // Some have no text; a few more make up for them.
    let found = engine.history("", None, 4 * LAST_TEXTS as u32).unwrap_or_else(|error| {
        tracing::warn!(code = error.kind.code(), "the history cannot be read: {error}");
        Vec::new()
    });
    let found: Vec<_> = found.into_iter().map(|one| (one.id, one.dictation.text)).collect();
    // Of what is not in the history because that is off, what was not typed can be had all the same.
    let texts = engine.held_texts().into_iter().chain(found).filter(|(_, text)| !text.is_empty());
    view.history = texts.take(LAST_TEXTS).collect();
}

fn choose(engine: &Handle, view: &View, setting: &str, value: &str) {
    let done = match setting {
        MICROPHONE => {
            // The name is kept to be shown while the microphone is away.
            let known = view.microphones.iter().find(|microphone| microphone.id == value).map(|one| one.name.clone());
            let list = view.settings.microphone.list();
            let before = || list.into_iter().find(|one| one.id == value).map(|one| one.name);
            engine.prefer_microphone(value, &known.or_else(before).unwrap_or_default())
        }
        _ => engine.set(setting, &json!(value)),
    };
    if let Err(error) = done {
        tracing::warn!(setting, "the choice cannot be kept");
        engine.report(error);
    }
}

impl Tray {
    fn new(app: &AppHandle, engine: &Handle, poke: &Sender<Poke>, folder: PathBuf) -> tauri::Result<Self> {
        let line = MenuItem::with_id(app, "state", "", false, None::<&str>)?;
        let toggle = MenuItem::with_id(app, "toggle", "Start Dictation", true, None::<&str>)?;
        let undo = MenuItem::with_id(app, "undo", "Undo Cancel", false, None::<&str>)?;
        let microphones = RadioList::new(app, "microphones", "Microphone", MICROPHONE)?;
        let models = RadioList::new(app, "models", "Model", MODEL)?;
        let more = MenuItem::with_id(app, "more-models", "Get More Models…", true, None::<&str>)?;
        models.submenu.append_items(&[&PredefinedMenuItem::separator(app)?, &more])?;
        let copy = MenuItem::with_id(app, "copy", "Copy Last Text", false, None::<&str>)?;
        let recover = MenuItem::with_id(app, "recover", "Recover Dictation…", true, None::<&str>)?;
        let texts = TextList::new(app, COPY, "Copy Recent Text")?;
        let again = TextList::new(app, AGAIN, "Type Recent Text")?;
        let welcome = MenuItem::with_id(app, "welcome", "Set Up Tawk…", true, None::<&str>)?;
        let settings = MenuItem::with_id(app, "settings", "Settings…", true, None::<&str>)?;
        let health = MenuItem::with_id(app, "health", "Health…", true, None::<&str>)?;
        let quit = MenuItem::with_id(app, "quit", "Quit Tawk", true, None::<&str>)?;
        let menu = Menu::with_items(
            app,
            &[
                &line,
                &toggle,
                &undo,
                &PredefinedMenuItem::separator(app)?,
                &microphones.submenu,
                &models.submenu,
                &copy,
                &texts.submenu,
                &again.submenu,
                &PredefinedMenuItem::separator(app)?,
                &settings,
                &health,
                &PredefinedMenuItem::separator(app)?,
                &quit,
            ],
        )?;
        let clicks = (engine.clone(), poke.clone());
        let hover = poke.clone();
        let icon = TrayIconBuilder::with_id("tawk")
            .menu(&menu)
            .show_menu_on_left_click(true)
            .temp_dir_path(folder.join(name_of(State::Idle)))
            .icon(icon_of(State::Idle))
            .icon_as_template(system::TEMPLATE_ICONS)
            .tooltip("Tawk")
            .on_menu_event(move |app, event| clicked(app, &clicks.0, &clicks.1, event.id().as_ref()))
            .on_tray_icon_event(move |_, event| {
                // Where the system tells that the pointer comes near, the lists are fresh before the menu opens.
                if matches!(event, TrayIconEvent::Enter { .. }) {
                    let _ = hover.send(Poke::Lists);
                }
            })
            .build(app)?;
        Ok(Self {
            app: app.clone(),
            icon,
            folder,
            line,
            toggle,
            undo,
            copy,
            menu,
            recover,
            welcome,
            settings,
            microphones,
            models,
            texts,
            again,
            shown: None,
        })
    }

    /// Changes what differs. Main thread only.
    fn show(&mut self, plan: Plan) -> tauri::Result<()> {
        if self.shown.as_ref() == Some(&plan) {
            return Ok(());
        }
        let was = self.shown.as_ref();
        if was.is_none_or(|was| was.icon != plan.icon) {
            // On Linux the icon is a file, and its folder's name tells the state to whoever asks over D-Bus. Where it cannot be
            // written, the menu still tells.
            let set = self
                .icon
                .set_temp_dir_path(Some(self.folder.join(name_of(plan.icon))))
                .and_then(|()| self.icon.set_icon_with_as_template(Some(icon_of(plan.icon)), system::TEMPLATE_ICONS));
            if let Err(error) = set {
                tracing::warn!(%error, "the icon cannot be changed");
            }
        }
        if was.is_none_or(|was| was.line != plan.line) {
            self.line.set_text(escape(&plan.line))?;
            self.icon.set_tooltip(Some(format!("Tawk: {}", plan.line)))?;
        }
        self.toggle.set_text(plan.toggle)?;
        self.toggle.set_enabled(plan.toggle_enabled)?;
        self.undo.set_enabled(plan.undo_enabled)?;
        self.copy.set_enabled(plan.copy_enabled)?;
        self.show_item(&self.recover, plan.recover, &self.copy, 1)?;
        self.show_item(&self.welcome, plan.welcome, &self.settings, 0)?;
        self.texts.show(&self.app, &plan.texts, true)?;
        self.again.show(&self.app, &plan.texts, plan.again_enabled)?;
        self.microphones.show(&self.app, &plan.microphones)?;
        self.models.show(&self.app, &plan.models)?;
        self.shown = Some(plan);
        Ok(())
    }

    /// Has `item` in the menu or not, so many places after `other`, which is always there.
    fn show_item(&self, item: &Item, is_wanted: bool, other: &Item, after: usize) -> tauri::Result<()> {
        let items = self.menu.items()?;
        let place_of = |item: &Item| items.iter().position(|one| one.id() == item.id());
        match (place_of(item), is_wanted) {
            (None, true) => self.menu.insert(item, place_of(other).unwrap_or_default() + after),
            (Some(_), false) => self.menu.remove(item),
            _ => Ok(()),
        }
    }
}

/// Runs on the main thread: hands everything on.
fn clicked(app: &AppHandle, engine: &Handle, poke: &Sender<Poke>, id: &str) {
    match id {
        "toggle" => engine.toggle(),
        "undo" => after_menu(engine, |engine| engine.undo()),
        "copy" => {
            if let Err(error) = engine.copy_last_text() {
                tracing::warn!(code = error.kind.code(), "the last text cannot be copied: {error}");
            }
        }
        "recover" => engine.recover(),
        "settings" => window::open(app, Page::Last),
        "welcome" => window::open(app, Page::Welcome),
        "health" => window::open(app, Page::Health),
        "more-models" => window::open(app, Page::Models),
        "quit" => app.exit(0),
        choice => {
            let number = |kind| choice.strip_prefix(kind).and_then(|rest: &str| rest.strip_prefix('=')?.parse().ok());
            if let Some(id) = number(COPY)
                && let Err(error) = engine.copy_dictation(id)
            {
                engine.report(error);
            }
            if let Some(id) = number(AGAIN) {
                after_menu(engine, move |engine| {
                    if let Err(error) = engine.type_dictation(id) {
                        engine.report(error);
                    }
                });
            }
            for setting in [MICROPHONE, MODEL] {
                if let Some(value) = choice.strip_prefix(setting).and_then(|rest| rest.strip_prefix('=')) {
                    let _ = poke.send(Poke::Choose(setting, value.into()));
                }
            }
        }
    }
}

/// How long a menu may take to let go of the keyboard once something in it was chosen.
const MENU_CLOSES: Duration = Duration::from_millis(250);

/// Does what types once the menu is gone: an open one would take the keys, or count as the window to type into.
fn after_menu(engine: &Handle, what: impl FnOnce(&Handle) + Send + 'static) {
    let engine = engine.clone();
    let started = thread::Builder::new().name("menu".into()).spawn(move || {
        thread::sleep(MENU_CLOSES);
        what(&engine);
    });
    if let Err(error) = started {
        tracing::warn!(%error, "a thread cannot be started");
    }
}

/// The state's name, as in the icons' file names.
fn name_of(state: State) -> &'static str {
    match state {
        State::Idle => "idle",
        State::Connecting => "connecting",
        State::Listening => "listening",
        State::Working => "working",
        State::Trouble => "trouble",
    }
}

fn icon_of(state: State) -> Image<'static> {
    if system::TEMPLATE_ICONS {
        match state {
            State::Idle => include_image!("./icons/tray/idle-template@2x.png"),
            State::Connecting => include_image!("./icons/tray/connecting-template@2x.png"),
            State::Listening => include_image!("./icons/tray/listening-template@2x.png"),
            State::Working => include_image!("./icons/tray/working-template@2x.png"),
            State::Trouble => include_image!("./icons/tray/trouble-template@2x.png"),
        }
    } else {
        match state {
            State::Idle => include_image!("./icons/tray/idle@2x.png"),
            State::Connecting => include_image!("./icons/tray/connecting@2x.png"),
            State::Listening => include_image!("./icons/tray/listening@2x.png"),
            State::Working => include_image!("./icons/tray/working@2x.png"),
            State::Trouble => include_image!("./icons/tray/trouble@2x.png"),
        }
    }
}

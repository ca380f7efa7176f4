//! Hotkeys through Carbon: they need no permission, work while secure input is on, and report press and release.
//! They cannot be a modifier alone, such as Right Option: those are `lone_hotkey`'s.

use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use crossbeam_channel::Sender;
use tawk_core::hotkey::{Hotkey, Key};
use tawk_core::ports::{HotkeyWatcher, Hotkeys, KeyEdge, Registration};
use tawk_core::{Error, ErrorKind, Result};

use super::carbon::{self, OsStatus, RegisteredHotkey};
use super::relay::{self, Listening};
use super::{keycodes, lone_hotkey, main_thread};

/// One key to hold, which by itself does nothing elsewhere. Tawk types only with the permission that it needs as well.
pub(crate) const DEFAULT: &str = "RightOption";

/// The longest time by which an edge's moment is moved back for a late main thread.
const LATEST: Duration = Duration::from_secs(10);

struct Live {
    edges: Sender<(KeyEdge, Instant)>,
    _hotkey: RegisteredHotkey,
}

thread_local! {
    /// The hotkeys by id. Only the main thread's is ever filled.
    static LIVE: RefCell<HashMap<u32, Live>> = RefCell::default();
}

static NEXT_ID: AtomicU32 = AtomicU32::new(1);

/// Hotkeys of this Mac.
pub(crate) struct SystemHotkeys {
    watcher: lone_hotkey::Watcher,
}

impl SystemHotkeys {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self { watcher: lone_hotkey::Watcher::default() }
    }
}

impl Hotkeys for SystemHotkeys {
    fn register(
        &self,
        hotkey: &Hotkey,
        listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
    ) -> Result<Box<dyn Registration>> {
        let hotkey = *hotkey;
        if let Key::Modifier(key) = hotkey.key {
            return lone_hotkey::listen(key, listener, &self.watcher);
        }
        let code = keycodes::key_code(hotkey.key).ok_or_else(|| {
            Error::new(ErrorKind::Unsupported, format!("A Mac has no key {}. Choose another hotkey.", hotkey.key))
        })?;
        let modifiers = keycodes::carbon_modifiers(hotkey.modifiers);
        let (edges, listening) = relay::start("hotkey", move |(edge, at)| listener(edge, at))?;
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        let registration = main_thread::call(move |main| {
            carbon::listen(main, on_edge).map_err(|status| refused(hotkey, status))?;
            let registered = RegisteredHotkey::new(main, code, modifiers, id);
            let registered = registered.map_err(|status| refused(hotkey, status))?;
            LIVE.with_borrow_mut(|live| live.insert(id, Live { edges, _hotkey: registered }));
            Ok::<_, Error>(HotkeyRegistration { id, _listening: listening })
        })??;
        Ok(Box::new(registration))
    }

    /// A main thread that does not answer knows of no claim.
    fn claimed_by_system(&self, hotkey: &Hotkey) -> Option<Error> {
        // A modifier alone is no chord of the system's list.
        if matches!(hotkey.key, Key::Modifier(_)) {
            return None;
        }
        let (code, modifiers) = (keycodes::key_code(hotkey.key)?, keycodes::carbon_modifiers(hotkey.modifiers));
        let is_systems = main_thread::call(move |main| carbon::is_systems(main, code, modifiers)).unwrap_or(false);
        is_systems.then(|| taken_by_system(*hotkey))
    }

    /// Only an event tap can be lost or deafened; Carbon's hotkeys need no permission and are heard under secure input.
    fn watch(&self, watcher: HotkeyWatcher) {
        *self.watcher.lock().unwrap_or_else(PoisonError::into_inner) = Some(watcher);
    }
}

/// Called by Carbon on the main thread; the work is the relay's. Carbon does not repeat a hotkey that is held.
fn on_edge(id: u32, edge: KeyEdge, age: Duration) {
    let now = Instant::now();
    let at = now.checked_sub(age.min(LATEST)).unwrap_or(now);
    LIVE.with_borrow(|live| {
        if let Some(live) = live.get(&id) {
            // The relay's thread has gone only when the hotkey has as well.
            let _ = live.edges.send((edge, at));
        }
    });
}

struct HotkeyRegistration {
    id: u32,
    _listening: Listening,
}

impl Registration for HotkeyRegistration {}

impl Drop for HotkeyRegistration {
    fn drop(&mut self) {
        let id = self.id;
        let remove = move || drop(LIVE.with_borrow_mut(|live| live.remove(&id)));
        // At once where that is possible, so that the same hotkey can be registered again right away.
        if main_thread::is_current() {
            remove();
        } else {
            main_thread::queue(move |_| remove());
        }
    }
}

fn taken_by_system(hotkey: Hotkey) -> Error {
    Error::new(
        ErrorKind::HotkeyTaken,
        format!(
            "The hotkey {hotkey} belongs to macOS. Choose another hotkey, or free it in System Settings, Keyboard, Keyboard \
             Shortcuts."
        ),
    )
}

fn refused(hotkey: Hotkey, status: OsStatus) -> Error {
    if status == carbon::HOTKEY_EXISTS {
        return Error::new(
            ErrorKind::HotkeyTaken,
            format!("The hotkey {hotkey} belongs to another program. Choose another hotkey, or free it there."),
        );
    }
    // macOS 15.0 and 15.1 refuse Option with or without Shift (-9868, Maccy issue 813).
    Error::new(
        ErrorKind::Unsupported,
        format!("macOS refuses the hotkey {hotkey} (status {status}). Choose one with Control or Command."),
    )
}

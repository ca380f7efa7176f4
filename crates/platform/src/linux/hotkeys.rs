//! Hotkeys through passive grabs: the display wakes the thread when the chord is pressed. A modifier key alone cannot be
//! grabbed without being taken from all apps; `raw_keys` listens to it instead.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Instant;

use tawk_core::hotkey::{Hotkey, Key};
use tawk_core::ports::{Hotkeys, KeyEdge, Registration};
use tawk_core::{Error, ErrorKind, Result};
use x11rb::connection::Connection as _;
use x11rb::errors::ReplyError;
use x11rb::protocol::xkb::{self, BoolCtrl, ConnectionExt as _, PerClientFlag};
use x11rb::protocol::xproto::{
    ConnectionExt as _, GrabMode, KeyPressEvent, Keycode, Mapping, MappingNotifyEvent, ModMask,
};
use x11rb::protocol::{ErrorKind as XErrorKind, Event};

use super::display::{Broken, Display};
use super::key_position::KeyPositions;
use super::raw_keys;
use super::typist::use_xkb;
use super::watcher::{Watch, Watcher};

/// Right Alt is AltGr on most layouts and needed for writing, so it is a chord here.
pub(crate) const DEFAULT: &str = "Ctrl+Alt+Space";

type Listener = dyn Fn(KeyEdge, Instant) + Send + Sync;

/// All chords that are listened to. While one is held down, the display gives every key to its connection alone, which
/// hands on what belongs to another.
type Siblings = Arc<Mutex<Vec<(Hotkey, Weak<Listener>)>>>;

/// The hotkeys of the display that `DISPLAY` names.
pub(crate) struct SystemHotkeys {
    siblings: Siblings,
}

impl SystemHotkeys {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self { siblings: Siblings::default() }
    }
}

impl Hotkeys for SystemHotkeys {
    fn register(
        &self,
        hotkey: &Hotkey,
        listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
    ) -> Result<Box<dyn Registration>> {
        if let Some(error) = kept_by_the_server(hotkey) {
            return Err(error);
        }
        let display = Display::open()?;
        if let Key::Modifier(key) = hotkey.key {
            return raw_keys::listen(display, key, listener);
        }
        if !use_xkb(&display)? {
            let message =
                "The display lacks the XKEYBOARD extension, without which Tawk knows no keys. Use another X server.";
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
        report_autorepeat_as_presses(&display)?;
        let chord = Chord::find(&display, hotkey)?;
        chord.grab(&display, hotkey)?;
        let listener: Arc<Listener> = Arc::from(listener);
        let mut siblings = self.siblings.lock().unwrap_or_else(PoisonError::into_inner);
        siblings.retain(|(_, listener)| listener.strong_count() > 0);
        siblings.push((*hotkey, Arc::downgrade(&listener)));
        drop(siblings);
        let siblings = Arc::clone(&self.siblings);
        let watch = HotkeyWatch { hotkey: *hotkey, chord: Some(chord), down: None, listener, siblings };
        Ok(Box::new(Watcher::start("hotkey", display, watch)?))
    }
}

/// Why the X server lets no program have `hotkey`, though it says nothing of that: it changes to another console with it.
/// With Shift it does not.
fn kept_by_the_server(hotkey: &Hotkey) -> Option<Error> {
    let Key::F(1..=12) = hotkey.key else { return None };
    let kept = hotkey.modifiers.ctrl && hotkey.modifiers.alt && !hotkey.modifiers.shift;
    kept.then(|| {
        let message = format!("The X server keeps {hotkey} for changing to another console. Choose another hotkey.");
        Error::new(ErrorKind::HotkeyTaken, message)
    })
}

/// Asks the display to repeat a held key as presses alone, without releases between them.
fn report_autorepeat_as_presses(display: &Display) -> Result<(), Broken> {
    let (flag, none) = (PerClientFlag::DETECTABLE_AUTO_REPEAT, BoolCtrl::from(0u32));
    display.conn.xkb_per_client_flags(xkb::ID::USE_CORE_KBD.into(), flag, flag, none, none, none)?.reply()?;
    Ok(())
}

/// A hotkey in the numbers of one keyboard layout.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Chord {
    code: Keycode,
    modifiers: ModMask,
    locks: Vec<u8>,
    /// Keys whose change can move the chord.
    depends_on: Vec<Keycode>,
}

impl Chord {
    fn find(display: &Display, hotkey: &Hotkey) -> Result<Self> {
        let positions = KeyPositions::read(display)?;
        let lacking = || {
            let message = format!("This keyboard layout has no key for the hotkey {hotkey}. Choose another hotkey.");
            Error::new(ErrorKind::Unsupported, message)
        };
        let code = positions.code_of(hotkey.key).ok_or_else(lacking)?;
        let modifiers = positions.mask_of(hotkey.modifiers).ok_or_else(lacking)?;
        let mut depends_on = positions.modifier_codes();
        depends_on.push(code);
        depends_on.sort_unstable();
        Ok(Self { code, modifiers, locks: positions.lock_combinations(), depends_on })
    }

    /// Grabs the chord whatever locks are on.
    fn grab(&self, display: &Display, hotkey: &Hotkey) -> Result<()> {
        let requests = self.locks.iter().map(|&locks| {
            let modifiers = self.modifiers | ModMask::from(locks);
            display.conn.grab_key(true, display.root, modifiers, self.code, GrabMode::ASYNC, GrabMode::ASYNC)
        });
        let mut refused = false;
        for request in requests.collect::<Vec<_>>() {
            match request.map_err(Broken::from)?.check() {
                Ok(()) => {}
                Err(ReplyError::X11Error(error)) if error.error_kind == XErrorKind::Access => refused = true,
                Err(error) => return Err(Broken::from(error).into()),
            }
        }
        if refused {
            self.release(display)?;
            return Err(Error::new(
                ErrorKind::HotkeyTaken,
                format!("Another program has the hotkey {hotkey}. Choose another one, or quit that program."),
            ));
        }
        Ok(())
    }

    fn release(&self, display: &Display) -> Result<(), Broken> {
        for &locks in &self.locks {
            display.conn.ungrab_key(self.code, display.root, self.modifiers | ModMask::from(locks))?;
        }
        display.conn.flush()?;
        Ok(())
    }

    fn is_pressed_by(&self, press: &KeyPressEvent) -> bool {
        // The bits above tell of mouse buttons and of the layout's group.
        let held = u16::from(press.state) & 0xff;
        press.detail == self.code
            && self.locks.iter().any(|&locks| held == u16::from(self.modifiers) | u16::from(locks))
    }

    /// Whether a change of the layout can have moved the chord. The keys to which the typist gives characters cannot.
    fn is_touched_by(&self, change: &MappingNotifyEvent) -> bool {
        let first = u16::from(change.first_keycode);
        let changed = first..first + u16::from(change.count);
        match change.request {
            Mapping::POINTER => false,
            Mapping::KEYBOARD => self.depends_on.iter().any(|&code| changed.contains(&u16::from(code))),
            _ => true,
        }
    }
}

struct HotkeyWatch {
    hotkey: Hotkey,
    /// `None` while the layout lacks the key.
    chord: Option<Chord>,
    /// The main key while it is down.
    down: Option<Keycode>,
    listener: Arc<Listener>,
    siblings: Siblings,
}

impl Watch for HotkeyWatch {
    fn event(&mut self, display: &Display, event: Event) -> Result<(), Broken> {
        match event {
            Event::KeyPress(press) if self.down.is_none() => {
                self.down = Some(press.detail);
                (self.listener)(KeyEdge::Down, Instant::now());
            }
            Event::KeyPress(press) if self.down != Some(press.detail) => self.hand_on(display, &press),
            Event::KeyRelease(release) if self.down == Some(release.detail) => self.let_go(),
            Event::MappingNotify(change) if self.is_touched_by(&change) => self.follow_layout(display)?,
            _ => {}
        }
        Ok(())
    }

    /// Nobody will tell of the release any more, so the key counts as released.
    fn display_lost(&mut self) {
        if self.down.is_some() {
            self.let_go();
        }
    }
}

impl HotkeyWatch {
    /// Another key went down while this chord is held.
    fn hand_on(&self, display: &Display, press: &KeyPressEvent) {
        let siblings = self.siblings.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (hotkey, listener) in siblings.into_iter().filter(|(hotkey, _)| *hotkey != self.hotkey) {
            if let Some(listener) = listener.upgrade()
                && Chord::find(display, &hotkey).is_ok_and(|chord| chord.is_pressed_by(press))
            {
                // Its release would come to nobody.
                listener(KeyEdge::Down, Instant::now());
                listener(KeyEdge::Up, Instant::now());
            }
        }
    }

    fn let_go(&mut self) {
        self.down = None;
        (self.listener)(KeyEdge::Up, Instant::now());
    }

    fn is_touched_by(&self, change: &MappingNotifyEvent) -> bool {
        self.chord.as_ref().is_none_or(|chord| chord.is_touched_by(change))
    }

    /// Grabs the chord where the new layout has it.
    fn follow_layout(&mut self, display: &Display) -> Result<(), Broken> {
        let found = Chord::find(display, &self.hotkey);
        if let Err(error) = &found
            && error.kind == ErrorKind::NoDisplay
        {
            display.sync()?;
        }
        let found = found.ok();
        if found == self.chord {
            return Ok(());
        }
        if let Some(old) = self.chord.take() {
            old.release(display)?;
        }
        match found.map(|chord| chord.grab(display, &self.hotkey).map(|()| chord)) {
            Some(Ok(chord)) => self.chord = Some(chord),
            Some(Err(error)) => tracing::warn!(%error, "the hotkey does not work on the new keyboard layout"),
            None => tracing::warn!(hotkey = %self.hotkey, "the new keyboard layout has no key for the hotkey"),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(request: Mapping, first_keycode: Keycode, count: u8) -> MappingNotifyEvent {
        MappingNotifyEvent { response_type: 34, sequence: 0, request, first_keycode, count }
    }

    #[test]
    fn console_keys_are_refused() {
        let refusal = |hotkey: &str| kept_by_the_server(&hotkey.parse().unwrap());
        for hotkey in ["Ctrl+Alt+F1", "Ctrl+Alt+F12", "Ctrl+Alt+Meta+F3"] {
            let error = refusal(hotkey).unwrap();
            assert_eq!(error.kind, ErrorKind::HotkeyTaken);
            assert!(error.message.contains("console") && error.message.ends_with('.'), "{error}");
        }
        for hotkey in ["Ctrl+Alt+F13", "Ctrl+Alt+Shift+F1", "Ctrl+F1", "Alt+F2", "F5", "Ctrl+Alt+Space"] {
            assert_eq!(refusal(hotkey), None, "{hotkey}");
        }
    }

    #[test]
    fn only_changes_of_its_own_keys_touch_a_chord() {
        let chord = Chord { code: 65, modifiers: ModMask::CONTROL, locks: vec![0], depends_on: vec![37, 65] };
        assert!(chord.is_touched_by(&change(Mapping::KEYBOARD, 8, 248)));
        assert!(chord.is_touched_by(&change(Mapping::KEYBOARD, 65, 1)));
        assert!(chord.is_touched_by(&change(Mapping::MODIFIER, 0, 0)));
        assert!(!chord.is_touched_by(&change(Mapping::KEYBOARD, 93, 2)));
        assert!(!chord.is_touched_by(&change(Mapping::KEYBOARD, 66, 10)));
        assert!(!chord.is_touched_by(&change(Mapping::POINTER, 0, 0)));
    }
}

//! Hotkeys that are a modifier key alone: the raw events of all keyboards, which the display sends to whoever asks and
//! takes from nobody.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tawk_core::hotkey::{Key, LoneKey, ModifierKey, Sighting};
use tawk_core::ports::{KeyEdge, Registration};
use tawk_core::{Error, ErrorKind, Result};
use x11rb::connection::RequestConnection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xfixes::{self, ConnectionExt as _, SelectionEventMask};
use x11rb::protocol::xinput::{ConnectionExt as _, Device, EventMask, KeyEventFlags, XIEventMask};
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, GrabStatus, Keycode, Mapping, MappingNotifyEvent};

use super::display::{Broken, Display};
use super::key_position::KeyPositions;
use super::keys::{DeviceId, Keys, is_down};
use super::typing_turn;
use super::typist::use_xkb;
use super::watcher::{Watch, Watcher};

/// After this time without any event of the other modifiers, the display's view of them is not behind the events any more.
const SETTLED: Duration = Duration::from_secs(1);

/// Listens to `key` on every keyboard of `display`.
///
/// # Errors
/// `Unsupported` when the display or its keyboard cannot tell of such a key, `NoDisplay`.
pub(super) fn listen(
    display: Display,
    key: ModifierKey,
    listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
) -> Result<Box<dyn Registration>> {
    let lacking = |extension: &str| {
        let message = format!(
            "The display lacks the {extension} extension, without which a modifier alone cannot be the hotkey. Choose \
             a hotkey such as Ctrl+Alt+Space."
        );
        Error::new(ErrorKind::Unsupported, message)
    };
    if !use_xkb(&display)? {
        return Err(lacking("XKEYBOARD"));
    }
    let keys = Keys::find(&display)?.ok_or_else(|| lacking("XInput"))?;
    let places = Places::find(&display, key)?.ok_or_else(|| {
        Error::new(ErrorKind::Unsupported, format!("This keyboard has no key {key}. Choose another hotkey."))
    })?;
    select_typing(&display)?;
    select_raw_keys(&display)?;
    let keys_down = display.conn.query_keymap().map_err(Broken::from)?.reply().map_err(Broken::from)?.keys;
    let held = places.others.iter().copied().filter(|&code| is_down(&keys_down, code)).collect();
    let watch = RawKeyWatch {
        key,
        places: Some(places),
        held,
        moved_at: Instant::now(),
        typing_device: keys.device,
        typing: false,
        lone: LoneKey::default(),
        start: Instant::now(),
        listener,
    };
    Ok(Box::new(Watcher::start("hotkey", display, watch)?))
}

fn select_raw_keys(display: &Display) -> Result<(), Broken> {
    let all_masters: bool = Device::ALL_MASTER.into();
    let mask = XIEventMask::RAW_KEY_PRESS | XIEventMask::RAW_KEY_RELEASE;
    let masks = [EventMask { deviceid: u16::from(all_masters), mask: vec![mask] }];
    display.conn.xinput_xi_select_events(display.root, &masks)?;
    display.sync()
}

/// Asks to be told when a Tawk begins and ends to type, in step with the keys that it sends. A display without the
/// extension does not tell, and then a key that Tawk types counts as the user's.
fn select_typing(display: &Display) -> Result<(), Broken> {
    if display.conn.extension_information(xfixes::X11_EXTENSION_NAME)?.is_none() {
        return Ok(());
    }
    display.conn.xfixes_query_version(5, 0)?.reply()?;
    let selection = display.atom(typing_turn::SELECTION)?;
    let mask = SelectionEventMask::SET_SELECTION_OWNER
        | SelectionEventMask::SELECTION_WINDOW_DESTROY
        | SelectionEventMask::SELECTION_CLIENT_CLOSE;
    display.conn.xfixes_select_selection_input(display.root, selection, mask)?;
    Ok(())
}

/// Where the modifiers are on this keyboard.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Places {
    watched: Keycode,
    /// All other modifier keys, locks included.
    others: Vec<Keycode>,
}

impl Places {
    fn find(display: &Display, key: ModifierKey) -> Result<Option<Self>, Broken> {
        let positions = KeyPositions::read(display)?;
        let Some(watched) = positions.code_of(Key::Modifier(key)) else { return Ok(None) };
        let others = positions.modifier_codes().into_iter().filter(|&code| code != watched).collect();
        Ok(Some(Self { watched, others }))
    }

    /// Whether a change of the layout can have moved a modifier. The keys to which the typist gives characters cannot.
    fn are_touched_by(&self, change: &MappingNotifyEvent) -> bool {
        let first = u16::from(change.first_keycode);
        let changed = first..first + u16::from(change.count);
        match change.request {
            Mapping::POINTER => false,
            Mapping::KEYBOARD => self.others.iter().chain([&self.watched]).any(|&code| changed.contains(&code.into())),
            _ => true,
        }
    }
}

struct RawKeyWatch {
    key: ModifierKey,
    /// `None` while the layout lacks the key.
    places: Option<Places>,
    /// The other modifiers that are down, by the events of each.
    held: HashSet<Keycode>,
    /// When one of them last moved.
    moved_at: Instant,
    /// The keyboard that Tawk types on; other programs may use it as well.
    typing_device: DeviceId,
    /// Whether a Tawk types now.
    typing: bool,
    lone: LoneKey,
    start: Instant,
    listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
}

impl Watch for RawKeyWatch {
    fn event(&mut self, display: &Display, event: Event) -> Result<(), Broken> {
        match event {
            Event::XinputRawKeyPress(raw) if !raw.flags.contains(KeyEventFlags::KEY_REPEAT) => {
                self.moved(display, raw.sourceid, raw.detail, true)?;
            }
            Event::XinputRawKeyRelease(raw) => self.moved(display, raw.sourceid, raw.detail, false)?,
            Event::XfixesSelectionNotify(notify) => self.typing = notify.owner != x11rb::NONE,
            Event::MappingNotify(change)
                if self.places.as_ref().is_none_or(|places| places.are_touched_by(&change)) =>
            {
                self.follow_layout(display)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Nobody will tell of the release any more, so the key counts as released.
    fn display_lost(&mut self) {
        let edge = self.lone.lose_sight();
        self.tell(edge);
    }
}

impl RawKeyWatch {
    fn moved(&mut self, display: &Display, device: DeviceId, code: u32, down: bool) -> Result<(), Broken> {
        let Some(places) = &self.places else { return Ok(()) };
        if self.typing && device == self.typing_device {
            return Ok(()); // Tawk's own.
        }
        let sighting = if code == u32::from(places.watched) {
            let barred = down && (self.other_is_held(display)? || keyboard_is_taken(display)?);
            Sighting { moved: true, barred, ..Sighting::look(down) }
        } else {
            if let Some(&other) = places.others.iter().find(|&&other| u32::from(other) == code) {
                self.moved_at = Instant::now();
                if down {
                    self.held.insert(other)
                } else {
                    self.held.remove(&other)
                };
            }
            Sighting { other_pressed: down, ..Sighting::default() }
        };
        let edge = self.lone.step(sighting, self.start.elapsed());
        self.tell(edge);
        Ok(())
    }

    /// Whether another modifier was down when the key went down. A look at the keyboard would come too late to know
    /// that for sure; it only finds releases that got lost.
    fn other_is_held(&mut self, display: &Display) -> Result<bool, Broken> {
        if !self.held.is_empty() && self.moved_at.elapsed() > SETTLED {
            let keys = display.conn.query_keymap()?.reply()?.keys;
            self.held.retain(|&code| is_down(&keys, code));
        }
        Ok(!self.held.is_empty())
    }

    fn tell(&self, edge: Option<KeyEdge>) {
        if let Some(edge) = edge {
            (self.listener)(edge, Instant::now());
        }
    }

    fn follow_layout(&mut self, display: &Display) -> Result<(), Broken> {
        let found = Places::find(display, self.key)?;
        if found.as_ref().map(|places| places.watched) != self.places.as_ref().map(|places| places.watched) {
            let edge = self.lone.lose_sight();
            self.tell(edge);
        }
        if found.is_none() {
            tracing::warn!(key = %self.key, "the new keyboard layout has no key for the hotkey");
        }
        self.places = found;
        Ok(())
    }
}

/// Whether a program has the keyboard to itself: the lock screen, a password prompt, an open menu. Raw events come
/// through all the same, unlike those of a chord. Asking means to take the keyboard for an instant, as a chord does.
fn keyboard_is_taken(display: &Display) -> Result<bool, Broken> {
    let (root, time) = (display.root, x11rb::CURRENT_TIME);
    let grab = display.conn.grab_keyboard(false, root, time, GrabMode::ASYNC, GrabMode::ASYNC)?;
    display.conn.ungrab_keyboard(time)?;
    Ok(grab.reply()?.status != GrabStatus::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changes_of_modifiers_move_them() {
        let places = Places { watched: 108, others: vec![37, 50] };
        let change = |request, first_keycode, count| {
            places.are_touched_by(&MappingNotifyEvent { response_type: 34, sequence: 0, request, first_keycode, count })
        };
        assert!(change(Mapping::KEYBOARD, 8, 248));
        assert!(change(Mapping::KEYBOARD, 108, 1));
        assert!(change(Mapping::KEYBOARD, 37, 1));
        assert!(change(Mapping::MODIFIER, 0, 0));
        assert!(!change(Mapping::KEYBOARD, 93, 2));
        assert!(!change(Mapping::POINTER, 0, 0));
    }
}

//! Typing by Quartz events.

use std::thread;
use std::time::{Duration, Instant};

use objc2::rc::autoreleasepool;
use objc2_core_foundation::CFRetained;
use objc2_core_graphics::{
    CGEvent, CGEventField, CGEventFlags, CGEventSource, CGEventSourceStateID, CGEventTapLocation,
};
use tawk_core::hotkey::Hotkey;
use tawk_core::keystroke::Keystroke;
use tawk_core::ports::{TypedSoFar, TypingStyle, Typist, Typists};
use tawk_core::{Error, ErrorKind, Result};

use super::focus::{self, KeyboardOwner};
use super::insertion::{self, KeyEvent, Keyboard};
use super::{carbon, keycodes, main_thread, permissions, tap};

/// Marks the events that Tawk makes, so that whoever watches the keyboard can tell them from the user's (“Tawk” in
/// ASCII).
pub(super) const OWN_EVENT: i64 = 0x5461_776B;

/// The characters of a keystroke where the settings name no number.
///
/// One, in every app. xterm.js takes only an event's first character (issue 6185), and it is in every web browser as well
/// as in Visual Studio Code; so do gpui and Google Docs in Safari (kild pull request 231, FluidVoice issue 958), and web
/// fields lose longer texts (FluidVoice pull request 175). No list of apps could be complete, nothing tells that text was
/// lost, and the recording goes with what counts as typed. The first character comes no later for it. A minute of speech,
/// some 900 characters, takes about 2 s to type in place of 0.1 s: still thirty times as fast as it was spoken.
pub(crate) const USUAL_UNITS: u32 = 1;

/// How long the first key waits for the main thread to say whether an input method is on. In the app it answers within a few
/// milliseconds.
const ROUND_TRIP: Duration = Duration::from_millis(100);

/// Typists of this Mac.
pub(crate) struct SystemTypists;

impl SystemTypists {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Typists for SystemTypists {
    fn open(&self) -> Result<Box<dyn Typist>> {
        if !permissions::may_type() {
            return Err(insertion::not_allowed());
        }
        // With a stale grant the system would take every key and drop it.
        if !tap::prove_accessibility() {
            return Err(stale());
        }
        QuartzKeyboard::new(None)?;
        Ok(Box::new(SystemTypist))
    }
}

/// The system says that Tawk may type and does not let it.
fn stale() -> Error {
    Error::new(
        ErrorKind::TypingDenied,
        "macOS says that Tawk may type but does not let it: the permission belongs to another copy of Tawk. Open Tawk's \
         window and press Repair.",
    )
}

/// Types on the thread that calls it; the event source is made for each insertion, since it cannot change threads.
struct SystemTypist;

impl Typist for SystemTypist {
    fn type_strokes(
        &mut self,
        strokes: &[Keystroke],
        style: &TypingStyle,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<TypedSoFar> {
        insertion::insert(&mut QuartzKeyboard::new(style.target)?, strokes, style, go_on)
    }
}

struct QuartzKeyboard {
    /// A source with a state of its own: events of the default source carry the modifiers that the user holds
    /// (Handy issues 595 and 2051).
    source: CFRetained<CGEventSource>,
    owner: Option<KeyboardOwner>,
}

impl QuartzKeyboard {
    fn new(target: Option<u64>) -> Result<Self> {
        let source = CGEventSource::new(CGEventSourceStateID::Private).ok_or_else(|| {
            Error::new(ErrorKind::NoDisplay, "There is no desktop session to type into. Log in at the screen first.")
        })?;
        Ok(Self { source, owner: KeyboardOwner::for_target(target) })
    }

    fn event(&self, event: &KeyEvent<'_>) -> Option<CFRetained<CGEvent>> {
        let made = CGEvent::new_keyboard_event(Some(&self.source), event.code, event.down)?;
        if let Some(text) = event.text {
            set_text(&made, text);
        }
        // Set on every event, and last, so that nothing the user holds is left in it.
        let flags = if event.shift { CGEventFlags::MaskShift } else { CGEventFlags::empty() };
        CGEvent::set_flags(Some(&made), flags);
        CGEvent::set_integer_value_field(Some(&made), CGEventField::EventSourceUserData, OWN_EVENT);
        Some(made)
    }
}

/// Lets `event` type `text` instead of what its key code means. The system cuts off what exceeds 20 UTF-16 units
/// (enigo issue 68); `insertion` keeps to that.
#[allow(unsafe_code)]
fn set_text(event: &CGEvent, text: &str) {
    let units: Vec<u16> = text.encode_utf16().collect();
    // SAFETY: the pointer is valid for as many units as is said, and they are copied before the call returns.
    unsafe { CGEvent::keyboard_set_unicode_string(Some(event), units.len() as _, units.as_ptr()) };
}

impl Keyboard for QuartzKeyboard {
    fn is_allowed(&self) -> bool {
        permissions::may_type()
    }

    fn secure_input(&self) -> bool {
        carbon::secure_input()
    }

    fn app(&self) -> Option<u64> {
        self.owner.as_ref()?.app()
    }

    fn is_frontmost(&self, target: u64) -> Option<bool> {
        focus::is_frontmost(target)
    }

    fn has_input_method(&self) -> bool {
        // Where the main thread runs no event loop, nothing can be said.
        let asked = main_thread::call_within(ROUND_TRIP, |main| autoreleasepool(|_| carbon::is_keyboard_layout(main)));
        asked.flatten() == Some(false)
    }

    fn is_held(&self, hotkey: Option<Hotkey>) -> bool {
        // What the hardware says, not what programs have posted. Caps Lock is no modifier that is held.
        let hardware = CGEventSourceStateID::HIDSystemState;
        let modifiers = CGEventFlags::MaskShift
            | CGEventFlags::MaskControl
            | CGEventFlags::MaskAlternate
            | CGEventFlags::MaskCommand;
        CGEventSource::flags_state(hardware).intersects(modifiers)
            || hotkey
                .and_then(|hotkey| keycodes::key_code(hotkey.key))
                .is_some_and(|code| CGEventSource::key_state(hardware, code))
    }

    fn post(&mut self, events: &[KeyEvent<'_>]) -> bool {
        autoreleasepool(|_| {
            // All are made before the first is posted: a key must not stay down for want of an event.
            let Some(events) = events.iter().map(|event| self.event(event)).collect::<Option<Vec<_>>>() else {
                return false;
            };
            for event in &events {
                CGEvent::post(CGEventTapLocation::HIDEventTap, Some(event));
            }
            true
        })
    }

    fn now(&self) -> Instant {
        Instant::now()
    }

    fn sleep(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

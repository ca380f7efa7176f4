//! An event tap: an ear on the keyboard, and the proof that the system really gives one.

use std::ffi::c_void;
use std::ptr::{NonNull, null_mut};

use objc2_core_foundation::{CFMachPort, CFRetained, CFRunLoop, CFRunLoopSource, kCFRunLoopDefaultMode};
use objc2_core_graphics::{
    CGEvent, CGEventField, CGEventMask, CGEventTapLocation, CGEventTapOptions, CGEventTapPlacement, CGEventTapProxy,
    CGEventType, CGPreflightListenEventAccess, CGRequestListenEventAccess,
};

use super::modifier_flags::{Kind, RawEvent};
use super::{permissions, typist};

/// Keyboard events, and never the mouse's: a tap on those slows the pointer down (handy-keys pull request 32).
const KEYBOARD: CGEventMask =
    1 << CGEventType::KeyDown.0 | 1 << CGEventType::KeyUp.0 | 1 << CGEventType::FlagsChanged.0;

/// What hears the events. All is called on the thread that made the tap, and must return within a millisecond.
pub(super) trait Ear {
    /// A key moved; not one that Tawk itself posted.
    fn hear(&self, event: RawEvent);

    /// The system has disabled the tap.
    fn disabled(&self);
}

/// Whether the system says that Tawk may listen to keys: by Accessibility, or by Input Monitoring. Never prompts.
pub(super) fn may_listen() -> bool {
    permissions::may_type() || CGPreflightListenEventAccess()
}

/// A tap that only listens, on this thread's run loop, until dropped. It stays on this thread.
pub(super) struct EventTap<E: Ear> {
    port: CFRetained<CFMachPort>,
    source: CFRetained<CFRunLoopSource>,
    /// Owned: made from a box, given back at the end.
    ear: NonNull<E>,
}

impl<E: Ear> EventTap<E> {
    /// Makes a tap for `ear`; `None` when the system gives none.
    #[allow(unsafe_code)]
    pub(super) fn new(ear: E) -> Option<Self> {
        let ear = NonNull::from(Box::leak(Box::new(ear)));
        let free = |ear: NonNull<E>| {
            // SAFETY: the pointer came from a box above, and no tap uses it.
            drop(unsafe { Box::from_raw(ear.as_ptr()) });
        };
        // SAFETY: `on_event` is what Apple's documentation asks for; `ear` stays until the port is invalid.
        let port = unsafe {
            CGEvent::tap_create(
                CGEventTapLocation::SessionEventTap,
                CGEventTapPlacement::TailAppendEventTap,
                CGEventTapOptions::ListenOnly,
                KEYBOARD,
                Some(on_event::<E>),
                ear.as_ptr().cast(),
            )
        };
        let Some(port) = port else {
            free(ear);
            return None;
        };
        let source = CFMachPort::new_run_loop_source(None, Some(&port), 0);
        let (Some(source), Some(run_loop)) = (source, CFRunLoop::current()) else {
            port.invalidate();
            free(ear);
            return None;
        };
        run_loop.add_source(Some(&source), default_mode());
        CGEvent::tap_enable(&port, true);
        Some(Self { port, source, ear })
    }

    /// Whether the system lets the tap hear.
    pub(super) fn is_enabled(&self) -> bool {
        CGEvent::tap_is_enabled(&self.port)
    }

    /// Lets the tap hear again.
    pub(super) fn enable(&self) {
        CGEvent::tap_enable(&self.port, true);
    }
}

impl<E: Ear> Drop for EventTap<E> {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        CGEvent::tap_enable(&self.port, false);
        if let Some(run_loop) = CFRunLoop::current() {
            run_loop.remove_source(Some(&self.source), default_mode());
        }
        self.port.invalidate();
        // SAFETY: the pointer came from a box in `new`; the invalid port, whose callbacks came on this very thread,
        // makes none any more.
        drop(unsafe { Box::from_raw(self.ear.as_ptr()) });
    }
}

#[allow(unsafe_code)]
pub(super) fn default_mode() -> Option<&'static objc2_core_foundation::CFRunLoopMode> {
    // SAFETY: a constant of CoreFoundation that is never changed.
    unsafe { kCFRunLoopDefaultMode }
}

/// The system's side of [`EventTap`]. What it returns is of no meaning for a tap that only listens.
#[allow(unsafe_code)]
unsafe extern "C-unwind" fn on_event<E: Ear>(
    _proxy: CGEventTapProxy,
    kind: CGEventType,
    event: NonNull<CGEvent>,
    ear: *mut c_void,
) -> *mut CGEvent {
    // SAFETY: `ear` is what `EventTap::new` gave, which is there for as long as the tap, and is used on its thread only.
    let ear = unsafe { &*ear.cast::<E>() };
    let kind = match kind {
        CGEventType::TapDisabledByTimeout | CGEventType::TapDisabledByUserInput => {
            ear.disabled();
            return event.as_ptr();
        }
        CGEventType::FlagsChanged => Kind::Flags,
        CGEventType::KeyDown => Kind::Down,
        CGEventType::KeyUp => Kind::Up,
        _ => return event.as_ptr(),
    };
    // SAFETY: the system hands over an event that is valid until this returns.
    let read = Some(unsafe { event.as_ref() });
    let field = |field| CGEvent::integer_value_field(read, field);
    if field(CGEventField::EventSourceUserData) != typist::OWN_EVENT {
        ear.hear(RawEvent {
            kind,
            code: u16::try_from(field(CGEventField::KeyboardEventKeycode)).unwrap_or(u16::MAX),
            flags: CGEvent::flags(read).0,
            repeat: field(CGEventField::KeyboardEventAutorepeat) != 0,
            // The window server itself, which speaks for the hardware, is no process here.
            posted: field(CGEventField::EventSourceUnixProcessID) != 0,
        });
    }
    event.as_ptr()
}

/// Whether the system gives a tap that only listens, and lets it hear: what Input Monitoring promises. The tap is taken
/// away before it has heard anything.
#[allow(unsafe_code)]
pub(super) fn prove_listening() -> bool {
    // SAFETY: `pass` is what Apple's documentation asks for and uses no data.
    let port = unsafe {
        CGEvent::tap_create(
            CGEventTapLocation::SessionEventTap,
            CGEventTapPlacement::TailAppendEventTap,
            CGEventTapOptions::ListenOnly,
            1 << CGEventType::FlagsChanged.0,
            Some(pass),
            null_mut(),
        )
    };
    let Some(port) = port else { return false };
    let hears = CGEvent::tap_is_enabled(&port);
    CGEvent::tap_enable(&port, false);
    port.invalidate();
    hears
}

/// Shows the system's own prompt for Input Monitoring, which also enters Tawk in its list. Does not wait.
pub(super) fn prompt_for_listening() {
    let granted = CGRequestListenEventAccess();
    tracing::info!(granted, "asked for Input Monitoring");
}

/// Whether the system gives a tap that could change keys, as it does only with a real grant of Accessibility: for a stale
/// one it says yes and gives none (MiddleClick issue 162). The tap is taken away before it has heard anything.
#[allow(unsafe_code)]
pub(super) fn prove_accessibility() -> bool {
    // SAFETY: `pass` is what Apple's documentation asks for and uses no data.
    let port = unsafe {
        CGEvent::tap_create(
            CGEventTapLocation::SessionEventTap,
            CGEventTapPlacement::TailAppendEventTap,
            CGEventTapOptions::Default,
            1 << CGEventType::KeyUp.0,
            Some(pass),
            null_mut(),
        )
    };
    let Some(port) = port else { return false };
    CGEvent::tap_enable(&port, false);
    port.invalidate();
    true
}

/// Lets an event through unchanged.
#[allow(unsafe_code)]
unsafe extern "C-unwind" fn pass(
    _proxy: CGEventTapProxy,
    _kind: CGEventType,
    event: NonNull<CGEvent>,
    _data: *mut c_void,
) -> *mut CGEvent {
    event.as_ptr()
}

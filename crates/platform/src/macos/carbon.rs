//! The few functions of Apple's Carbon framework that Tawk calls and that no objc2 crate declares: hotkeys, Tawk's and the
//! system's own, the state of secure input, and the kind of input source. The declarations follow HIToolbox's CarbonEventsCore.h,
//! CarbonEvents.h and TextInputSources.h for 64-bit programs; the last have been there since Mac OS X 10.5, the others since 10.3.

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::{NonNull, null_mut};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use objc2::MainThreadMarker;
use objc2::rc::autoreleasepool;
use objc2_core_foundation::{CFArray, CFBoolean, CFDictionary, CFNumber, CFRetained, CFString, CFType};
use tawk_core::ports::KeyEdge;

use super::keycodes;

/// `OSStatus`: 0 for success.
pub(super) type OsStatus = i32;

/// `eventHotKeyExistsErr`: another registration has the hotkey for itself.
pub(super) const HOTKEY_EXISTS: OsStatus = -9878;

const NO_ERROR: OsStatus = 0;
/// `eventNotHandledErr`: the event was not for this handler.
const NOT_HANDLED: OsStatus = -9874;
/// `kEventHotKeyExclusive`: fail when another program has the hotkey exclusively, and let no other have it so.
const EXCLUSIVE: u32 = 1;
const KEYBOARD_CLASS: u32 = four(b"keyb");
const HOTKEY_PRESSED: u32 = 5;
const HOTKEY_RELEASED: u32 = 6;
const DIRECT_OBJECT: u32 = four(b"----");
const HOTKEY_ID_TYPE: u32 = four(b"hkid");
/// Tells Tawk's hotkeys from those that a library in the same process registers.
const SIGNATURE: u32 = four(b"Tawk");

type EventRef = *mut c_void;
type EventTargetRef = *mut c_void;
type EventHotKeyRef = *mut c_void;
type EventHandler = unsafe extern "C" fn(*mut c_void, EventRef, *mut c_void) -> OsStatus;

#[repr(C)]
struct EventTypeSpec {
    class: u32,
    kind: u32,
}

#[repr(C)]
#[derive(Clone, Copy, Default)]
struct EventHotKeyId {
    signature: u32,
    id: u32,
}

// SAFETY: the signatures are Apple's: Boolean is u8, OSType, OptionBits and UInt32 are u32, ItemCount and ByteCount
// are unsigned long, EventTime is double. Those marked safe take no pointer and may be called at any time.
#[allow(unsafe_code)]
#[link(name = "Carbon", kind = "framework")]
unsafe extern "C" {
    safe fn IsSecureEventInputEnabled() -> u8;
    safe fn GetEventDispatcherTarget() -> EventTargetRef;
    safe fn GetCurrentEventTime() -> f64;
    fn GetEventTime(event: EventRef) -> f64;
    fn GetEventKind(event: EventRef) -> u32;
    fn GetEventParameter(
        event: EventRef,
        name: u32,
        desired_type: u32,
        actual_type: *mut u32,
        buffer_size: usize,
        actual_size: *mut usize,
        data: *mut c_void,
    ) -> OsStatus;
    fn InstallEventHandler(
        target: EventTargetRef,
        handler: EventHandler,
        type_count: usize,
        types: *const EventTypeSpec,
        user_data: *mut c_void,
        installed: *mut *mut c_void,
    ) -> OsStatus;
    fn RegisterEventHotKey(
        code: u32,
        modifiers: u32,
        id: EventHotKeyId,
        target: EventTargetRef,
        options: u32,
        registered: *mut EventHotKeyRef,
    ) -> OsStatus;
    fn UnregisterEventHotKey(hotkey: EventHotKeyRef) -> OsStatus;
    fn CopySymbolicHotKeys(hotkeys: *mut *mut CFArray) -> OsStatus;
    fn TISCopyCurrentKeyboardInputSource() -> *mut CFType;
    fn TISGetInputSourceProperty(source: *const CFType, key: *const CFString) -> *const CFType;
    static kTISPropertyInputSourceType: *const CFString;
    static kTISTypeKeyboardLayout: *const CFString;
}

const fn four(code: &[u8; 4]) -> u32 {
    u32::from_be_bytes(*code)
}

/// Whether a password field, or any program that asked for it, has the keyboard to itself. The window server keeps
/// this for the whole session, so that any thread may ask.
pub(super) fn secure_input() -> bool {
    IsSecureEventInputEnabled() != 0
}

/// What happened to a hotkey: its id, the edge, and how long ago the key moved.
pub(super) type HotkeyListener = fn(u32, KeyEdge, Duration);

static LISTENER: OnceLock<HotkeyListener> = OnceLock::new();
static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Has `listener` called on the main thread at every edge of every hotkey, for as long as the program runs. Does so
/// once; further calls change nothing. `Err` holds Carbon's status.
#[allow(unsafe_code)]
pub(super) fn listen(_main: MainThreadMarker, listener: HotkeyListener) -> Result<(), OsStatus> {
    if INSTALLED.load(Ordering::Relaxed) {
        return Ok(());
    }
    LISTENER.get_or_init(|| listener);
    let types = [HOTKEY_PRESSED, HOTKEY_RELEASED].map(|kind| EventTypeSpec { class: KEYBOARD_CLASS, kind });
    // SAFETY: this is the main thread; `types` holds as many entries as is said and is copied; `on_event` lives
    // for ever and uses no user data; Apple allows NULL for what is installed, which is never removed.
    let status = unsafe {
        InstallEventHandler(GetEventDispatcherTarget(), on_event, types.len(), types.as_ptr(), null_mut(), null_mut())
    };
    if status != NO_ERROR {
        return Err(status);
    }
    INSTALLED.store(true, Ordering::Relaxed);
    Ok(())
}

/// The keys of an entry in the system's list: `kHISymbolicHotKey…`, which CarbonEvents.h defines as these very words.
const LISTED_CODE: &str = "kHISymbolicHotKeyCode";
const LISTED_MODIFIERS: &str = "kHISymbolicHotKeyModifiers";
const LISTED_ENABLED: &str = "kHISymbolicHotKeyEnabled";

/// Whether macOS itself acts on the chord, as the user has it in System Settings: Spotlight, input sources, screenshots.
/// Registering such a one may succeed, and still only the system hears it. `code` and `modifiers` are as in [`RegisteredHotkey::new`]. Takes
/// milliseconds: the list is made anew every time. `false` where there is none.
#[allow(unsafe_code)]
pub(super) fn is_systems(_main: MainThreadMarker, code: u16, modifiers: u32) -> bool {
    let mut list: *mut CFArray = null_mut();
    // SAFETY: this is the main thread, and `list` can be written to until the call returns.
    let status = unsafe { CopySymbolicHotKeys(&raw mut list) };
    let Some(list) = NonNull::new(list).filter(|_| status == NO_ERROR) else {
        tracing::info!(status, "the system's hotkeys are not known");
        return false;
    };
    // SAFETY: by its name, the function gives away the array.
    let list = unsafe { CFRetained::from_raw(list) };
    // SAFETY: Apple documents the array's objects as dictionaries, their keys as CFStrings, and all values are objects.
    let entries = unsafe { list.cast_unchecked::<CFDictionary<CFString, CFType>>() };
    autoreleasepool(|_| {
        entries.iter().any(|entry| {
            let value = |key| entry.get(&CFString::from_str(key));
            let number = |key| value(key)?.downcast_ref::<CFNumber>()?.as_i64();
            let enabled = value(LISTED_ENABLED).is_some_and(|enabled| is_yes(&enabled));
            let chord = number(LISTED_CODE).zip(number(LISTED_MODIFIERS));
            enabled && chord.is_some_and(|(listed, mask)| keycodes::is_chord_of(code, modifiers, listed, mask))
        })
    })
}

/// The list says yes with a boolean; a number is what other lists of the system do it with.
fn is_yes(value: &CFType) -> bool {
    let number = || value.downcast_ref::<CFNumber>().and_then(CFNumber::as_i64);
    value.downcast_ref::<CFBoolean>().map_or_else(|| number().is_some_and(|number| number != 0), CFBoolean::as_bool)
}

/// Whether what turns keys into text is a keyboard layout and not an input method, such as those of Chinese, Japanese, Korean
/// and Vietnamese. `None` when the system does not say. Apple wants this asked on the main thread.
#[allow(unsafe_code)]
pub(super) fn is_keyboard_layout(_main: MainThreadMarker) -> Option<bool> {
    // SAFETY: this is the main thread; by its name, the function gives away what it returns.
    let source = unsafe { CFRetained::from_raw(NonNull::new(TISCopyCurrentKeyboardInputSource())?) };
    // SAFETY: constants of HIToolbox that are never changed; the source lives longer than the call.
    let (kind, layout) = unsafe {
        let kind = TISGetInputSourceProperty(&raw const *source, kTISPropertyInputSourceType);
        (kind, kTISTypeKeyboardLayout)
    };
    // SAFETY: both are objects or null; what is got belongs to the source, which is still there.
    let (kind, layout) = unsafe { (kind.as_ref()?, layout.as_ref()?) };
    Some(kind.downcast_ref::<CFString>()? == layout)
}

/// A hotkey that is registered until this is dropped. It stays on the main thread, since it is not `Send`.
pub(super) struct RegisteredHotkey(NonNull<c_void>);

impl RegisteredHotkey {
    /// Registers the chord. `code` is a virtual key code, `modifiers` Carbon's mask; `id` comes back with every edge.
    /// `Err` holds Carbon's status.
    #[allow(unsafe_code)]
    pub(super) fn new(_main: MainThreadMarker, code: u16, modifiers: u32, id: u32) -> Result<Self, OsStatus> {
        let mut registered: EventHotKeyRef = null_mut();
        let id = EventHotKeyId { signature: SIGNATURE, id };
        let target = GetEventDispatcherTarget();
        // SAFETY: this is the main thread, and `registered` can be written to until the call returns.
        let status = unsafe { RegisterEventHotKey(code.into(), modifiers, id, target, EXCLUSIVE, &raw mut registered) };
        match NonNull::new(registered) {
            Some(hotkey) if status == NO_ERROR => Ok(Self(hotkey)),
            _ => Err(status),
        }
    }
}

impl Drop for RegisteredHotkey {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the reference came from RegisterEventHotKey on this thread and is given back once.
        let status = unsafe { UnregisterEventHotKey(self.0.as_ptr()) };
        if status != NO_ERROR {
            tracing::warn!(status, "a hotkey could not be unregistered");
        }
    }
}

/// Carbon's side of [`listen`].
#[allow(unsafe_code)]
unsafe extern "C" fn on_event(_call: *mut c_void, event: EventRef, _user_data: *mut c_void) -> OsStatus {
    let mut id = EventHotKeyId::default();
    // SAFETY: Carbon calls this with an event that is valid until it returns; `id` has the size that is given and the
    // layout that the type asked for has; Apple allows NULL for the actual type and size.
    let (status, kind, time) = unsafe {
        let status = GetEventParameter(
            event,
            DIRECT_OBJECT,
            HOTKEY_ID_TYPE,
            null_mut(),
            size_of::<EventHotKeyId>(),
            null_mut(),
            (&raw mut id).cast(),
        );
        (status, GetEventKind(event), GetEventTime(event))
    };
    let edge = match kind {
        HOTKEY_PRESSED => KeyEdge::Down,
        HOTKEY_RELEASED => KeyEdge::Up,
        _ => return NOT_HANDLED,
    };
    let (Some(listener), NO_ERROR, SIGNATURE) = (LISTENER.get(), status, id.signature) else {
        return NOT_HANDLED;
    };
    // The main thread may have been late, and a tap is told from a press by when the key moved.
    let age = Duration::try_from_secs_f64(GetCurrentEventTime() - time).unwrap_or_default();
    listener(id.id, edge, age);
    NO_ERROR
}

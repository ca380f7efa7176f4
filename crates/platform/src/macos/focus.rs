//! Which app is frontmost.

use std::ffi::c_float;
use std::process;
use std::ptr::{NonNull, null};
use std::time::Duration;

use objc2::rc::autoreleasepool;
use objc2_app_kit::{NSApplicationActivationPolicy, NSRunningApplication, NSWorkspace};
use objc2_application_services::{AXError, AXUIElement};
use objc2_core_foundation::{CFDictionary, CFNumber, CFRetained, CFString, CFType};
use objc2_core_graphics::CGSessionCopyCurrentDictionary;
use tawk_core::Result;
use tawk_core::ports::{Focus, Target};

use super::{carbon, main_thread};

/// The focus of this Mac. The target is the frontmost app, by its process id.
///
/// AppKit brings the frontmost app up to date when the main thread's run loop turns, which it does when the user
/// changes to another app. In a program that runs none, such as the command line, it stays what it was at first. So the
/// typist asks [`KeyboardOwner`] as well.
pub(crate) struct SystemFocus;

impl SystemFocus {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Focus for SystemFocus {
    fn current(&self) -> Result<Option<Target>> {
        Ok(autoreleasepool(|_| {
            let app = NSWorkspace::sharedWorkspace().frontmostApplication()?;
            // An app without a process has the id -1.
            let id = u64::try_from(app.processIdentifier()).ok()?;
            let name = app.localizedName().map(|name| name.to_string()).unwrap_or_default();
            Some(Target { id, app: name, app_id: app.bundleIdentifier().map(|id| id.to_string()) })
        }))
    }

    fn secure_input(&self) -> bool {
        carbon::secure_input()
    }

    fn secure_input_holder(&self) -> Option<Target> {
        let process = i32::try_from(session_number(SECURE_INPUT_PROCESS)?).ok().filter(|process| *process > 0)?;
        Some(autoreleasepool(|_| {
            let app = NSRunningApplication::runningApplicationWithProcessIdentifier(process);
            let name = app.as_ref().and_then(|app| app.localizedName()).map(|name| name.to_string());
            let app_id = app.and_then(|app| app.bundleIdentifier()).map(|id| id.to_string());
            Target { id: process.unsigned_abs().into(), app: name.unwrap_or_default(), app_id }
        }))
    }
}

/// Where the window server notes the process that asked for secure input. Apple documents neither this key nor its
/// absence, so that nothing but advice may depend on it.
const SECURE_INPUT_PROCESS: &str = "kCGSSessionSecureInputPID";

/// A number in the window server's description of this session.
fn session_number(key: &str) -> Option<i64> {
    let session: CFRetained<CFDictionary> = CGSessionCopyCurrentDictionary()?;
    // SAFETY: Apple documents the dictionary's keys as CFStrings, and its values are all objects of CoreFoundation.
    #[allow(unsafe_code)]
    let session = unsafe { session.cast_unchecked::<CFString, CFType>() };
    session.get(&CFString::from_str(key))?.downcast_ref::<CFNumber>()?.as_i64()
}

/// How long the question who has the keyboard may take, in seconds.
const PATIENCE: c_float = 0.05;

/// How long to wait for the main thread to say who is frontmost. In the app it answers within a few milliseconds.
const ROUND_TRIP: Duration = Duration::from_millis(300);

/// Whether the app with the process id `target` is frontmost, as AppKit says when the main thread's run loop has turned.
/// `None` where none turns, and where nothing is frontmost.
pub(super) fn is_frontmost(target: u64) -> Option<bool> {
    // In a program whose main thread types, no run loop turns, so that AppKit only says who was frontmost once.
    if main_thread::is_current() {
        return None;
    }
    main_thread::call_within(ROUND_TRIP, move |_| {
        autoreleasepool(|_| {
            let app = NSWorkspace::sharedWorkspace().frontmostApplication()?;
            Some(u64::try_from(app.processIdentifier()).ok()? == target)
        })
    })?
}

/// Asks Accessibility which app has the keyboard.
pub(super) struct KeyboardOwner(CFRetained<AXUIElement>);

impl KeyboardOwner {
    /// For typing into `target`. `None` where the question would serve nobody: without a target, and where that is this very
    /// program, which would have to answer itself.
    #[allow(unsafe_code)]
    pub(super) fn for_target(target: Option<u64>) -> Option<Self> {
        if target? == u64::from(process::id()) {
            return None;
        }
        // SAFETY: it takes nothing.
        let system = unsafe { AXUIElement::new_system_wide() };
        // SAFETY: it takes a number.
        unsafe { system.set_messaging_timeout(PATIENCE) };
        Some(Self(system))
    }

    /// The app that has the keyboard at this moment, by its process id, which is asked anew each time and on any thread. `None`
    /// when Accessibility does not say, or names what is no app of the Dock's, such as the process in which a web page lives.
    pub(super) fn app(&self) -> Option<u64> {
        autoreleasepool(|_| {
            let process = self.process()?;
            let app = NSRunningApplication::runningApplicationWithProcessIdentifier(process)?;
            (app.activationPolicy() == NSApplicationActivationPolicy::Regular).then(|| u64::try_from(process).ok())?
        })
    }

    #[allow(unsafe_code)]
    fn process(&self) -> Option<i32> {
        let (mut found, attribute) = (null::<CFType>(), CFString::from_static_str("AXFocusedApplication"));
        // SAFETY: the pointer is valid while the call lasts.
        let answer = unsafe { self.0.copy_attribute_value(&attribute, NonNull::from(&mut found)) };
        let found = NonNull::new(found.cast_mut()).filter(|_| answer == AXError::Success)?;
        // SAFETY: what is copied belongs to the caller.
        let found = unsafe { CFRetained::from_raw(found) };
        let mut process = 0;
        // SAFETY: the pointer is valid while the call lasts.
        let answer = unsafe { found.downcast_ref::<AXUIElement>()?.pid(NonNull::from(&mut process)) };
        (answer == AXError::Success).then_some(process)
    }
}

//! What macOS allows: the microphone (AVFoundation), typing (Accessibility) and listening to keys (Input Monitoring).

use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use block2::RcBlock;
use objc2::rc::autoreleasepool;
use objc2::runtime::Bool;
use objc2_app_kit::NSWorkspace;
use objc2_application_services::{AXIsProcessTrusted, AXIsProcessTrustedWithOptions, kAXTrustedCheckOptionPrompt};
use objc2_av_foundation::{AVAuthorizationStatus, AVCaptureDevice, AVMediaType, AVMediaTypeAudio};
use objc2_core_foundation::{CFBoolean, CFDictionary};
use objc2_foundation::{NSString, NSURL};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::Permissions;
use tawk_core::{Error, ErrorKind, Result};

use super::tap;

/// The system's own tool that makes it forget permissions. It asks for no password.
const TCCUTIL: &str = "/usr/bin/tccutil";

/// The app's bundle identifier, as in `tauri.conf.json`.
pub(super) const BUNDLE_ID: &str = "app.tawk.Tawk";

/// Permissions of this Mac. They belong to the program that macOS holds responsible: the app itself, but the terminal
/// for a command that runs in one.
pub(crate) struct SystemPermissions {
    /// Whether the Accessibility prompt was shown since the start. macOS does not say, and would show it every time
    /// (AeroSpace pull request 2104).
    prompted: AtomicBool,
    /// The same for Input Monitoring.
    prompted_to_listen: AtomicBool,
    /// The last proofs of Accessibility and of Input Monitoring, and when they were made.
    typing_proof: Proof,
    listening_proof: Proof,
}

/// What a proof showed, for as long as it holds.
#[derive(Default)]
struct Proof(Mutex<Option<(Instant, bool)>>);

impl Proof {
    fn look(&self, prove: fn() -> bool) -> bool {
        let mut last = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match *last {
            Some((at, works)) if at.elapsed() < PROOF_HOLDS => works,
            _ => {
                let works = prove();
                *last = Some((Instant::now(), works));
                works
            }
        }
    }
}

/// How long a proof holds: windows ask for the state several times in a row.
const PROOF_HOLDS: Duration = Duration::from_secs(1);

impl SystemPermissions {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self {
            prompted: AtomicBool::new(false),
            prompted_to_listen: AtomicBool::new(false),
            typing_proof: Proof::default(),
            listening_proof: Proof::default(),
        }
    }
}

impl Permissions for SystemPermissions {
    fn state(&self, permission: Permission) -> PermissionState {
        match permission {
            Permission::Microphone => microphone_state(),
            Permission::Typing if may_type() => PermissionState::Granted,
            Permission::Typing if self.prompted.load(Ordering::Relaxed) => PermissionState::Denied,
            Permission::Typing => PermissionState::NotAsked,
            Permission::Listening if tap::may_listen() => PermissionState::Granted,
            Permission::Listening if self.prompted_to_listen.load(Ordering::Relaxed) => PermissionState::Denied,
            Permission::Listening => PermissionState::NotAsked,
        }
    }

    fn prove(&self, permission: Permission) -> bool {
        match permission {
            // Here the system's word can be relied on.
            Permission::Microphone => true,
            Permission::Typing => self.typing_proof.look(tap::prove_accessibility),
            Permission::Listening => self.listening_proof.look(tap::prove_listening),
        }
    }

    fn reset(&self, permission: Permission) -> Result<()> {
        let (service, place) = match permission {
            Permission::Microphone => ("Microphone", "Microphone"),
            Permission::Typing => ("Accessibility", "Accessibility"),
            Permission::Listening => ("ListenEvent", "Input Monitoring"),
        };
        let done = Command::new(TCCUTIL).args(["reset", service, BUNDLE_ID]).stdin(Stdio::null()).output();
        if done.is_ok_and(|output| output.status.success()) {
            tracing::info!(service, "the system has forgotten the permission");
            match permission {
                Permission::Microphone => {}
                Permission::Typing => self.prompted.store(false, Ordering::Relaxed),
                Permission::Listening => self.prompted_to_listen.store(false, Ordering::Relaxed),
            }
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!(
                "The permission could not be reset. Open System Settings, Privacy & Security, {place}, remove Tawk from \
                 the list and add it again."
            ),
        ))
    }

    fn request(&self, permission: Permission) -> Result<()> {
        if self.state(permission) == PermissionState::NotAsked {
            match permission {
                Permission::Microphone => request_microphone(),
                Permission::Typing => {
                    self.prompted.store(true, Ordering::Relaxed);
                    prompt_for_typing();
                }
                Permission::Listening => {
                    self.prompted_to_listen.store(true, Ordering::Relaxed);
                    tap::prompt_for_listening();
                }
            }
        }
        Ok(())
    }

    fn open_settings(&self, permission: Permission) -> Result<()> {
        let (pane, place) = match permission {
            Permission::Microphone => ("Privacy_Microphone", "Microphone"),
            Permission::Typing => ("Privacy_Accessibility", "Accessibility"),
            Permission::Listening => ("Privacy_ListenEvent", "Input Monitoring"),
        };
        let address = format!("x-apple.systempreferences:com.apple.preference.security?{pane}");
        let opened = autoreleasepool(|_| {
            let url = NSURL::URLWithString(&NSString::from_str(&address));
            url.is_some_and(|url| NSWorkspace::sharedWorkspace().openURL(&url))
        });
        if opened {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Unsupported,
            format!("System Settings could not be opened. Open it yourself: Privacy & Security, {place}."),
        ))
    }
}

/// Whether Tawk may post key events to other apps.
#[allow(unsafe_code)]
pub(super) fn may_type() -> bool {
    // SAFETY: takes nothing, returns a Boolean, and may be called from any thread.
    unsafe { AXIsProcessTrusted() }
}

/// Shows the system's own prompt, which also enters Tawk in the list of Accessibility. Does not wait.
#[allow(unsafe_code)]
fn prompt_for_typing() {
    // SAFETY: the key is a constant of the framework and is never changed.
    let key = unsafe { kAXTrustedCheckOptionPrompt };
    let options = CFDictionary::from_slices(&[key], &[CFBoolean::new(true)]);
    // SAFETY: the option is a CFString with a CFBoolean, as Apple documents.
    unsafe { AXIsProcessTrustedWithOptions(Some(options.as_opaque())) };
}

#[allow(unsafe_code)]
fn audio() -> Option<&'static AVMediaType> {
    // SAFETY: a constant of the framework that is never changed.
    unsafe { AVMediaTypeAudio }
}

#[allow(unsafe_code)]
fn microphone_state() -> PermissionState {
    let Some(audio) = audio() else {
        return PermissionState::Unknown;
    };
    // SAFETY: the media type is one of the two that Apple allows here.
    match unsafe { AVCaptureDevice::authorizationStatusForMediaType(audio) } {
        AVAuthorizationStatus::NotDetermined => PermissionState::NotAsked,
        AVAuthorizationStatus::Restricted => PermissionState::Restricted,
        AVAuthorizationStatus::Denied => PermissionState::Denied,
        AVAuthorizationStatus::Authorized => PermissionState::Granted,
        _ => PermissionState::Unknown,
    }
}

#[allow(unsafe_code)]
fn request_microphone() {
    let Some(audio) = audio() else {
        return;
    };
    let answered = RcBlock::new(|granted: Bool| {
        tracing::info!(granted = granted.as_bool(), "the user answered the microphone prompt");
    });
    // SAFETY: the media type is one of the two that Apple allows here; the block captures nothing, so that it may be
    // called from any queue, and AVFoundation keeps a copy of it.
    unsafe { AVCaptureDevice::requestAccessForMediaType_completionHandler(audio, &answered) };
}

//! macOS 13 and later.
//!
//! `addressee`, `insertion`, `keycodes`, `modifier_flags` and `relay` call nothing of macOS, so that their tests run on every
//! system. Everything else here turns one wish into one system call.
//!
//! The bindings do not say since when macOS has what they declare. All that is called here, by Apple's documentation:
//!
//! | call | since |
//! |---|---|
//! | `SMAppService` | 13.0 |
//! | `CGPreflightListenEventAccess`, `CGRequestListenEventAccess` | 10.15 |
//! | `NSWorkspace` `accessibilityDisplayShouldReduceMotion` | 10.12 |
//! | `NSApplication` `effectiveAppearance`, `bestMatchFromAppearancesWithNames:`, `NSAppearanceNameDarkAqua` | 10.14 |
//! | `AVCaptureDevice` `authorizationStatusForMediaType:`, `requestAccessForMediaType:completionHandler:` | 10.14 |
//! | `AXIsProcessTrustedWithOptions`, `kAXTrustedCheckOptionPrompt`, `NSProcessInfo` `beginActivityWithOptions:reason:`, `endActivity:` | 10.9 |
//! | `UNUserNotificationCenter`, `UNMutableNotificationContent`, `UNNotificationRequest` | 10.14 |
//! | `NSURL` `setResourceValue:forKey:error:` with `NSURLIsExcludedFromBackupKey`, `fileURLWithPath:isDirectory:` | 10.8 |
//! | `NSAccessibilityPostNotificationWithUserInfo`, `NSWorkspace` `frontmostApplication`, `NSWindow` `setAnimationBehavior:`, `NSScreen` `backingScaleFactor`, `CALayer` `setContentsScale:` | 10.7 |
//! | `NSWorkspace` `activateFileViewerSelectingURLs:`, `NSRunningApplication` with `activationPolicy` and `bundleIdentifier`, `addObserverForName:object:queue:usingBlock:`, the main dispatch queue | 10.6 |
//! | `CGSessionCopyCurrentDictionary` | 10.3 |
//! | `NSPanel` and the rest of `panel`, `CGImageCreate`, `CTFont…` | 10.0 to 10.6 |
//! | `AudioObjectGetPropertyData` | 10.4 |
//! | `CGEvent…`, `CGEventSource…`, `CGEventTap…`, `AXIsProcessTrusted`, `AXUIElement…`, `getpeereid` | 10.4 |
//! | `TISCopyCurrentKeyboardInputSource`, `TISGetInputSourceProperty`, `kTISPropertyInputSourceType`, `kTISTypeKeyboardLayout` | 10.5 |
//! | `IsSecureEventInputEnabled`, `RegisterEventHotKey` and the rest of `carbon` | 10.3 |
//! | `NSWorkspace` `openURL:` and its notifications of sleep, wake, power-off and sessions | 10.3 to 10.6 |
//! | `NSDistributedNotificationCenter`, `CFMachPort…`, `CFRunLoop…` | 10.0 |

mod addressee;
pub(crate) mod backups;
mod carbon;
pub(crate) mod desk;
pub(crate) mod display;
pub(crate) mod focus;
pub(crate) mod fonts;
pub(crate) mod hotkeys;
mod insertion;
pub(crate) mod installation;
mod keycodes;
pub(crate) mod leavings;
pub(crate) mod login_items;
mod lone_hotkey;
mod main_thread;
pub(crate) mod memory;
mod modifier_flags;
pub(crate) mod notifications;
pub(crate) mod panel;
pub mod peer;
pub(crate) mod permissions;
pub(crate) mod recorder;
mod relay;
pub(crate) mod silent_buses;
mod tap;
pub(crate) mod transport;
pub(crate) mod typist;
pub(crate) mod wakefulness;

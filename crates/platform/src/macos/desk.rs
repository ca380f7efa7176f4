//! Lock, sleep and logout, as macOS announces them.
//!
//! The announcements arrive on the main thread while its run loop runs. In a program without one, such as the command
//! line, none arrives.

use std::cell::RefCell;
use std::collections::HashMap;
use std::ptr::NonNull;
use std::sync::atomic::{AtomicU64, Ordering};

use block2::RcBlock;
use crossbeam_channel::Sender;
use objc2::rc::Retained;
use objc2::runtime::{NSObject, NSObjectProtocol, ProtocolObject};
use objc2::{DefinedClass, MainThreadMarker, MainThreadOnly, define_class, msg_send, sel};
use objc2_app_kit::{
    NSWorkspace, NSWorkspaceDidWakeNotification, NSWorkspaceSessionDidBecomeActiveNotification,
    NSWorkspaceSessionDidResignActiveNotification, NSWorkspaceWillPowerOffNotification,
    NSWorkspaceWillSleepNotification,
};
use objc2_foundation::{
    NSDistributedNotificationCenter, NSNotification, NSNotificationCenter, NSNotificationName,
    NSNotificationSuspensionBehavior, NSString,
};
use tawk_core::Result;
use tawk_core::ports::{Desk, DeskEvent, Registration};

use super::main_thread;
use super::relay::{self, Listening};

thread_local! {
    /// What each watch observes. Only the main thread's is ever filled.
    static WATCHES: RefCell<HashMap<u64, Vec<Observer>>> = RefCell::default();
}

static NEXT_WATCH: AtomicU64 = AtomicU64::new(1);

/// The desktop session of this Mac.
pub(crate) struct SystemDesk;

impl SystemDesk {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Desk for SystemDesk {
    fn watch(&self, listener: Box<dyn Fn(DeskEvent) + Send + Sync>) -> Result<Box<dyn Registration>> {
        let (events, listening) = relay::start("desk", listener)?;
        let observing = Observing::start(move |main| observe(main, &events));
        Ok(Box::new(Watch { _observing: observing, _listening: listening }))
    }
}

/// Calls `then` on the main thread when the machine has woken or the user's session is on the screen again, until the
/// answer is dropped.
pub(super) fn watch_waking(then: impl Fn() + Clone + Send + 'static) -> Observing {
    Observing::start(move |_| observe_waking(&then))
}

struct Watch {
    _observing: Observing,
    _listening: Listening,
}

impl Registration for Watch {}

/// Observers on the main thread, until dropped.
pub(super) struct Observing(u64);

impl Observing {
    fn start(observe: impl FnOnce(MainThreadMarker) -> Vec<Observer> + Send + 'static) -> Self {
        let watch = NEXT_WATCH.fetch_add(1, Ordering::Relaxed);
        main_thread::queue(move |main| {
            WATCHES.with_borrow_mut(|watches| watches.insert(watch, observe(main)));
        });
        Self(watch)
    }
}

impl Drop for Observing {
    fn drop(&mut self) {
        let watch = self.0;
        // Queued even from the main thread, so that it comes after the queued beginning.
        main_thread::queue(move |_| drop(WATCHES.with_borrow_mut(|watches| watches.remove(&watch))));
    }
}

#[allow(unsafe_code)]
fn observe_waking(then: &(impl Fn() + Clone + 'static)) -> Vec<Observer> {
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    // SAFETY: constants of AppKit that are never changed.
    let (woke, came_back) = unsafe { (NSWorkspaceDidWakeNotification, NSWorkspaceSessionDidBecomeActiveNotification) };
    vec![Observer::new(workspace.clone(), woke, then.clone()), Observer::new(workspace, came_back, then.clone())]
}

#[allow(unsafe_code)]
fn observe(main: MainThreadMarker, events: &Sender<DeskEvent>) -> Vec<Observer> {
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    // SAFETY: constants of AppKit that are never changed.
    let (resigned, sleeping, powering_off) = unsafe {
        (
            NSWorkspaceSessionDidResignActiveNotification,
            NSWorkspaceWillSleepNotification,
            NSWorkspaceWillPowerOffNotification,
        )
    };
    let tell = |event| {
        let events = events.clone();
        move || {
            // The relay's thread has gone only when the watch has as well.
            let _ = events.send(event);
        }
    };
    vec![
        Observer::of_lock(main, tell(DeskEvent::Locked)),
        Observer::new(workspace.clone(), resigned, tell(DeskEvent::Locked)),
        Observer::new(workspace.clone(), sleeping, tell(DeskEvent::Sleeping)),
        // Posted when the user chooses it; any app may still hold it up, and the user cancel it. When it does come, AppKit ends
        // Tawk, and then the event loop tells of it.
        Observer::new(workspace, powering_off, tell(DeskEvent::LogoutAsked)),
    ]
}

/// AppKit has no notification for the lock screen; loginwindow sends this one to all programs.
const LOCKED: &str = "com.apple.screenIsLocked";

define_class!(
    // SAFETY: NSObject asks nothing of those that inherit from it, and this has no Drop.
    #[unsafe(super(NSObject))]
    #[thread_kind = MainThreadOnly]
    #[name = "TawkLockEar"]
    #[ivars = Box<dyn Fn()>]
    struct LockEar;

    #[allow(unsafe_code)]
    impl LockEar {
        #[unsafe(method(tawkScreenIsLocked:))]
        fn screen_is_locked(&self, _notification: &NSNotification) {
            self.ivars()();
        }
    }
);

/// One name observed at one centre, until dropped.
enum Observer {
    /// At this centre, by its token.
    Block(Retained<NSNotificationCenter>, Retained<ProtocolObject<dyn NSObjectProtocol>>),
    /// The lock screen.
    Lock(Retained<NSDistributedNotificationCenter>, Retained<LockEar>),
}

impl Observer {
    /// `then` must be a closure that the main thread may call at any time.
    #[allow(unsafe_code)]
    fn new(centre: Retained<NSNotificationCenter>, name: &NSNotificationName, then: impl Fn() + 'static) -> Self {
        let block = RcBlock::new(move |_: NonNull<NSNotification>| then());
        // SAFETY: no object and no queue are given, so that the block is called where the notification is posted: on
        // the main thread, like everything that is done with the block here.
        let token = unsafe { centre.addObserverForName_object_queue_usingBlock(Some(name), None, None, &block) };
        Self::Block(centre, token)
    }

    /// The lock is told at once. AppKit suspends the centre of an app that is not active, as Tawk hardly ever is; by default
    /// the lock would be told when somebody opens Tawk's window, and only this method can ask for more.
    #[allow(unsafe_code)]
    fn of_lock(main: MainThreadMarker, then: impl Fn() + 'static) -> Self {
        let centre = NSDistributedNotificationCenter::defaultCenter();
        let this = LockEar::alloc(main).set_ivars(Box::new(then));
        // SAFETY: NSObject's designated initialiser.
        let ear: Retained<LockEar> = unsafe { msg_send![super(this), init] };
        // SAFETY: the ear has this method, which takes a notification, and is taken from the centre before it goes. The
        // centre calls it on the main thread, where it is asked for.
        unsafe {
            centre.addObserver_selector_name_object_suspensionBehavior(
                &ear,
                sel!(tawkScreenIsLocked:),
                Some(&NSString::from_str(LOCKED)),
                None,
                NSNotificationSuspensionBehavior::DeliverImmediately,
            );
        }
        Self::Lock(centre, ear)
    }
}

impl Drop for Observer {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the token came from this centre, and the ear was given to it; both are taken away once.
        unsafe {
            match self {
                Self::Block(centre, token) => centre.removeObserver((**token).as_ref()),
                Self::Lock(centre, ear) => centre.removeObserver(ear),
            }
        }
    }
}

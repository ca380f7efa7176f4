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
use objc2::runtime::{NSObjectProtocol, ProtocolObject};
use objc2_app_kit::{
    NSWorkspace, NSWorkspaceDidWakeNotification, NSWorkspaceSessionDidBecomeActiveNotification,
    NSWorkspaceSessionDidResignActiveNotification, NSWorkspaceWillPowerOffNotification,
    NSWorkspaceWillSleepNotification,
};
use objc2_foundation::{
    NSDistributedNotificationCenter, NSNotification, NSNotificationCenter, NSNotificationName, NSString,
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
        let observing = Observing::start(move || observe(&events));
        Ok(Box::new(Watch { _observing: observing, _listening: listening }))
    }
}

/// Calls `then` on the main thread when the machine has woken or the user's session is on the screen again, until the
/// answer is dropped.
pub(super) fn watch_waking(then: impl Fn() + Clone + Send + 'static) -> Observing {
    Observing::start(move || observe_waking(&then))
}

struct Watch {
    _observing: Observing,
    _listening: Listening,
}

impl Registration for Watch {}

/// Observers on the main thread, until dropped.
pub(super) struct Observing(u64);

impl Observing {
    fn start(observe: impl FnOnce() -> Vec<Observer> + Send + 'static) -> Self {
        let watch = NEXT_WATCH.fetch_add(1, Ordering::Relaxed);
        main_thread::queue(move |_| {
            WATCHES.with_borrow_mut(|watches| watches.insert(watch, observe()));
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
fn observe(events: &Sender<DeskEvent>) -> Vec<Observer> {
    let workspace = NSWorkspace::sharedWorkspace().notificationCenter();
    let everywhere = NSDistributedNotificationCenter::defaultCenter().into_super();
    // SAFETY: constants of AppKit that are never changed.
    let (resigned, sleeping, powering_off) = unsafe {
        (
            NSWorkspaceSessionDidResignActiveNotification,
            NSWorkspaceWillSleepNotification,
            NSWorkspaceWillPowerOffNotification,
        )
    };
    // AppKit has no notification for the lock screen; loginwindow sends this one.
    let locked = NSString::from_str("com.apple.screenIsLocked");
    let tell = |event| {
        let events = events.clone();
        move || {
            // The relay's thread has gone only when the watch has as well.
            let _ = events.send(event);
        }
    };
    vec![
        Observer::new(everywhere, &locked, tell(DeskEvent::Locked)),
        Observer::new(workspace.clone(), resigned, tell(DeskEvent::Locked)),
        Observer::new(workspace.clone(), sleeping, tell(DeskEvent::Sleeping)),
        Observer::new(workspace, powering_off, tell(DeskEvent::LoggingOut)),
    ]
}

/// One name observed at one centre, until dropped.
struct Observer {
    centre: Retained<NSNotificationCenter>,
    token: Retained<ProtocolObject<dyn NSObjectProtocol>>,
}

impl Observer {
    /// `then` must be a closure that the main thread may call at any time.
    #[allow(unsafe_code)]
    fn new(centre: Retained<NSNotificationCenter>, name: &NSNotificationName, then: impl Fn() + 'static) -> Self {
        let block = RcBlock::new(move |_: NonNull<NSNotification>| then());
        // SAFETY: no object and no queue are given, so that the block is called where the notification is posted: on
        // the main thread, like everything that is done with the block here.
        let token = unsafe { centre.addObserverForName_object_queue_usingBlock(Some(name), None, None, &block) };
        Self { centre, token }
    }
}

impl Drop for Observer {
    #[allow(unsafe_code)]
    fn drop(&mut self) {
        // SAFETY: the token came from this centre and is given back once.
        unsafe { self.centre.removeObserver(self.token.as_ref()) };
    }
}

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
    NSWorkspace, NSWorkspaceSessionDidResignActiveNotification, NSWorkspaceWillPowerOffNotification,
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
        let watch = NEXT_WATCH.fetch_add(1, Ordering::Relaxed);
        main_thread::queue(move |_| {
            WATCHES.with_borrow_mut(|watches| watches.insert(watch, observe(&events)));
        });
        Ok(Box::new(Watch { watch, _listening: listening }))
    }
}

struct Watch {
    watch: u64,
    _listening: Listening,
}

impl Registration for Watch {}

impl Drop for Watch {
    fn drop(&mut self) {
        let watch = self.watch;
        // Queued even from the main thread, so that it comes after the queued beginning.
        main_thread::queue(move |_| drop(WATCHES.with_borrow_mut(|watches| watches.remove(&watch))));
    }
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
    vec![
        Observer::new(everywhere, &locked, DeskEvent::Locked, events.clone()),
        Observer::new(workspace.clone(), resigned, DeskEvent::Locked, events.clone()),
        Observer::new(workspace.clone(), sleeping, DeskEvent::Sleeping, events.clone()),
        Observer::new(workspace, powering_off, DeskEvent::LoggingOut, events.clone()),
    ]
}

/// One name observed at one centre, until dropped.
struct Observer {
    centre: Retained<NSNotificationCenter>,
    token: Retained<ProtocolObject<dyn NSObjectProtocol>>,
}

impl Observer {
    #[allow(unsafe_code)]
    fn new(
        centre: Retained<NSNotificationCenter>,
        name: &NSNotificationName,
        event: DeskEvent,
        events: Sender<DeskEvent>,
    ) -> Self {
        let block = RcBlock::new(move |_: NonNull<NSNotification>| {
            // The relay's thread has gone only when the watch has as well.
            let _ = events.send(event);
        });
        // SAFETY: no object and no queue are given; the block owns a sender, which any thread may use.
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

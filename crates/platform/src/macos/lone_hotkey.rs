//! Hotkeys that are a modifier key alone: an event tap on a thread of its own.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, TryRecvError, bounded, unbounded};
use objc2::rc::autoreleasepool;
use objc2_core_foundation::{CFRetained, CFRunLoop, CFRunLoopRunResult};
use objc2_core_graphics::{CGEventFlags, CGEventSource, CGEventSourceStateID, CGEventType};
use tawk_core::hotkey::{LoneKey, ModifierKey, Sighting};
use tawk_core::permission::{SecureInput, not_heard};
use tawk_core::ports::{HotkeyNews, HotkeyWatcher, KeyEdge, Registration};
use tawk_core::tap::{Effect, Event, Tap};
use tawk_core::{Error, ErrorKind, Result};

use super::desk::{self, Observing};
use super::focus::SystemFocus;
use super::modifier_flags::{RawEvent, sighting};
use super::relay::{self, Listening};
use super::tap::{self, Ear, EventTap};
use super::{carbon, keycodes};

/// Calls `listener` at every edge of `key`, from a thread of its own, until the answer is dropped.
///
/// # Errors
/// `TypingDenied` when the system does not let Tawk listen to keys. Nothing is prompted for.
pub(super) fn listen(
    key: ModifierKey,
    listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
    watcher: &Watcher,
) -> Result<Box<dyn Registration>> {
    let watcher = Arc::clone(watcher);
    let watch = move |news| {
        if let Some(watcher) = watcher.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            watcher(news);
        }
    };
    let (edges, listening) = relay::start("hotkey", move |told| match told {
        Told::Edge(edge, at) => listener(edge, at),
        Told::News(news) => watch(news),
        Told::Refused => {
            let reason = SecureInput::refusal(&SystemFocus::new(), &key.to_string());
            reason.map(HotkeyNews::Refused).into_iter().for_each(&watch);
        }
    })?;
    let (orders, inbox) = unbounded();
    let (answer, answered) = bounded(1);
    thread::Builder::new().name("hotkey-tap".into()).spawn(move || run(key, edges, &inbox, &answer)).map_err(
        |error| {
            Error::new(
                ErrorKind::Internal,
                format!("The system gave Tawk no thread: {error}. Close other programs and try again."),
            )
        },
    )?;
    let run_loop = answered.recv().unwrap_or_else(|_| {
        Err(Error::new(ErrorKind::Internal, "The thread of the hotkey ended at once. Quit Tawk and start it again."))
    })?;
    let orders = Orders { orders, run_loop };
    let wake = orders.clone();
    let waking = desk::watch_waking(move || wake.give(Order::Woke));
    Ok(Box::new(LoneHotkey { orders, _waking: waking, _listening: listening }))
}

/// Who is told of a tap that is lost, and of a press in vain.
pub(super) type Watcher = Arc<Mutex<Option<HotkeyWatcher>>>;

/// Told by the tap's thread, through the relay.
enum Told {
    Edge(KeyEdge, Instant),
    /// The tap is lost, or is back.
    News(HotkeyNews),
    /// The key was pressed alone while some program had the keyboard to itself.
    Refused,
}

struct LoneHotkey {
    orders: Orders,
    _waking: Observing,
    _listening: Listening,
}

impl Registration for LoneHotkey {}

impl Drop for LoneHotkey {
    fn drop(&mut self) {
        self.orders.give(Order::End);
    }
}

/// Told to the thread of the tap.
enum Order {
    Woke,
    End,
}

/// The way to the thread of the tap.
#[derive(Clone)]
struct Orders {
    orders: Sender<Order>,
    run_loop: RunLoop,
}

impl Orders {
    /// Takes effect at once; if the run loop happened to be between two turns, at the next pulse.
    fn give(&self, order: Order) {
        // The thread has gone only when nothing is left to be done.
        let _ = self.orders.send(order);
        self.run_loop.0.stop();
    }
}

/// The run loop of the tap's thread.
#[derive(Clone)]
struct RunLoop(CFRetained<CFRunLoop>);

// SAFETY: only `CFRunLoopStop` is called on it, which Apple documents as safe from any thread, as are retain and release.
#[allow(unsafe_code)]
unsafe impl Send for RunLoop {}

/// What the tap's events reach.
struct Watch {
    key: ModifierKey,
    lone: RefCell<LoneKey>,
    /// The system has disabled the tap since the last turn.
    disabled: Cell<bool>,
    /// Whether a program posted the last press. Then the keyboard knows nothing of it.
    posted: Cell<bool>,
    /// How much else the system had counted at the last press, see [`others`].
    others: Cell<u32>,
    edges: Sender<Told>,
    start: Instant,
}

impl Watch {
    fn see(&self, sighting: Sighting) {
        let (edge, refused) = {
            let mut lone = self.lone.borrow_mut();
            (lone.step(sighting, self.start.elapsed()), lone.take_refused())
        };
        self.tell(edge);
        if refused {
            // As in `tell`.
            let _ = self.edges.send(Told::Refused);
        }
    }

    fn tell(&self, edge: Option<KeyEdge>) {
        if let Some(edge) = edge {
            // The relay's thread has gone only when the hotkey has as well.
            let _ = self.edges.send(Told::Edge(edge, Instant::now()));
        }
    }
}

impl Ear for Rc<Watch> {
    fn hear(&self, event: RawEvent) {
        let mut sighting = sighting(self.key, event);
        match sighting.held.filter(|_| sighting.moved) {
            Some(true) => {
                // Under secure input other keys are not heard, so that a chord could not be told from a press; and nobody
                // wants a microphone while typing a password, on the lock screen for instance.
                sighting.deafened = carbon::secure_input();
                self.posted.set(event.posted);
                self.others.set(others());
            }
            // What is not heard is counted, so that the é of a password and a click with Option are told from a press in vain.
            Some(false) => sighting.other_pressed |= others() != self.others.get(),
            None => {}
        }
        self.see(sighting);
    }

    fn disabled(&self) {
        self.disabled.set(true);
    }
}

fn run(key: ModifierKey, edges: Sender<Told>, inbox: &Receiver<Order>, answer: &Sender<Result<RunLoop>>) {
    let watch = Rc::new(Watch {
        key,
        lone: RefCell::default(),
        disabled: Cell::new(false),
        posted: Cell::new(false),
        others: Cell::new(0),
        edges,
        start: Instant::now(),
    });
    let (life, effects) = Tap::start();
    let mut owner = Owner { watch, life, tap: None, has_heard: false };
    owner.perform(effects);
    let begun = match (&owner.tap, CFRunLoop::current()) {
        (Some(_), Some(run_loop)) => Ok(RunLoop(run_loop)),
        _ => Err(not_heard(&key.to_string(), tap::may_listen(), false)),
    };
    owner.has_heard = begun.is_ok();
    let failed = begun.is_err();
    // If nobody waits any more, the order to end is there already.
    let _ = answer.send(begun);
    while !failed && autoreleasepool(|_| owner.turn(inbox)) {}
}

/// Owns the tap and does what its life asks for.
struct Owner {
    watch: Rc<Watch>,
    life: Tap,
    tap: Option<EventTap<Rc<Watch>>>,
    /// Whether there was a tap at first: else the one who asked is told, and nobody else.
    has_heard: bool,
}

impl Owner {
    /// One turn: waits for events, orders or the pulse. `false` at the end.
    fn turn(&mut self, inbox: &Receiver<Order>) -> bool {
        let pulse = self.life.pulse(self.watch.lone.borrow().is_down());
        let (order, quiet) = if self.tap.is_some() {
            let ended = CFRunLoop::run_in_mode(tap::default_mode(), pulse.as_secs_f64(), true);
            (inbox.try_recv(), ended == CFRunLoopRunResult::TimedOut)
        } else {
            // A run loop without sources would not wait.
            match inbox.recv_timeout(pulse) {
                Ok(order) => (Ok(order), false),
                Err(RecvTimeoutError::Timeout) => (Err(TryRecvError::Empty), true),
                Err(RecvTimeoutError::Disconnected) => (Err(TryRecvError::Disconnected), false),
            }
        };
        match order {
            Ok(Order::End) | Err(TryRecvError::Disconnected) => return false,
            Ok(Order::Woke) => self.step(Event::Woke),
            Err(TryRecvError::Empty) => {}
        }
        if self.watch.disabled.take() {
            self.step(Event::Disabled);
        }
        if quiet {
            let enabled = self.tap.as_ref().is_some_and(EventTap::is_enabled);
            self.step(Event::Pulse { enabled });
        }
        true
    }

    fn step(&mut self, event: Event) {
        let effects = self.life.step(event, self.now());
        self.perform(effects);
    }

    fn tell_news(&self, news: HotkeyNews) {
        if self.has_heard {
            // The relay's thread has gone only when the hotkey has as well.
            let _ = self.watch.edges.send(Told::News(news));
        }
    }

    fn now(&self) -> Duration {
        self.watch.start.elapsed()
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Create => {
                    self.tap = tap::may_listen().then(|| EventTap::new(Rc::clone(&self.watch))).flatten();
                    let answer = if self.tap.is_some() { Event::Created } else { Event::Refused };
                    self.step(answer);
                }
                Effect::Destroy => self.tap = None,
                Effect::Enable => {
                    tracing::info!("the system had disabled the hotkey's event tap; it is enabled again");
                    if let Some(tap) = &self.tap {
                        tap.enable();
                    }
                }
                Effect::Look => self.watch.see(Sighting::look(is_down(self.watch.key, self.watch.posted.get()))),
                Effect::Deaf => {
                    tracing::warn!("the system gives no event tap, so the hotkey is not heard");
                    let edge = self.watch.lone.borrow_mut().lose_sight();
                    self.watch.tell(edge);
                    let reason = not_heard(&self.watch.key.to_string(), tap::may_listen(), true);
                    self.tell_news(HotkeyNews::Lost(reason));
                }
                Effect::Hears => {
                    tracing::info!("the system gives an event tap again");
                    self.tell_news(HotkeyNews::Back);
                }
            }
        }
    }
}

/// How often keys that are no modifiers went down on the keyboard, repeats included, and the mouse's buttons did, and how often
/// its wheel turned.
fn others() -> u32 {
    let kinds = [
        CGEventType::KeyDown,
        CGEventType::LeftMouseDown,
        CGEventType::RightMouseDown,
        CGEventType::OtherMouseDown,
        CGEventType::ScrollWheel,
    ];
    let count = |kind| CGEventSource::counter_for_event_type(CGEventSourceStateID::HIDSystemState, kind);
    kinds.map(count).into_iter().fold(0, u32::wrapping_add)
}

/// Whether the keyboard says that `key` is down, or at least its twin: a press must not be cut off for a doubt. One that a
/// program posted, as a remote desktop does, only the session knows.
fn is_down(key: ModifierKey, posted: bool) -> bool {
    let mask = match key {
        ModifierKey::LeftCtrl | ModifierKey::RightCtrl => CGEventFlags::MaskControl,
        ModifierKey::LeftAlt | ModifierKey::RightAlt => CGEventFlags::MaskAlternate,
        ModifierKey::RightShift => CGEventFlags::MaskShift,
        ModifierKey::LeftMeta | ModifierKey::RightMeta => CGEventFlags::MaskCommand,
        ModifierKey::Fn => CGEventFlags::MaskSecondaryFn,
    };
    let says = |state| {
        CGEventSource::key_state(state, keycodes::modifier_code(key))
            || CGEventSource::flags_state(state).contains(mask)
    };
    says(CGEventSourceStateID::HIDSystemState) || posted && says(CGEventSourceStateID::CombinedSessionState)
}

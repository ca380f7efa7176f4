//! Knows what kind of field has the keyboard, without anybody waiting for an app: a thread asks the apps, when it is
//! told to and whenever the keyboard goes to another field.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, unbounded};
use tawk_core::ports::Field;
use tawk_core::{Error, ErrorKind};
use x11rb::protocol::xproto::Atom;

use super::accessibility::{Bus, Object};
use super::bus::Opening;
use super::display::{Broken, Display};
use super::focus;
use super::settling::process_of;

/// How many of the fields that got or lost the keyboard last are remembered: one of them has it.
const REMEMBERED: usize = 4;

/// The looking thread. It ends when this is dropped; nobody waits for it.
pub(super) struct Fields {
    orders: Sender<Order>,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

enum Order {
    /// Look anew.
    Look,
    /// The keyboard has come to this field, or left it.
    Changed(Object),
    /// End the thread.
    End,
}

/// What was seen last.
#[derive(Default)]
struct Seen {
    /// The top-level window that had the focus then.
    window: Option<u64>,
    field: Field,
    /// Looks that were asked for and are not over.
    under_way: usize,
}

impl Fields {
    /// Starts the thread; it connects at the first look.
    pub(super) fn start() -> Result<Self, Error> {
        let (orders, inbox) = unbounded();
        let seen = Arc::<(Mutex<Seen>, Condvar)>::default();
        let looker = Looker {
            seen: Arc::clone(&seen),
            orders: orders.clone(),
            screen: None,
            bus: None,
            opening: Opening::default(),
            recent: VecDeque::new(),
        };
        spawn("fields", move || looker.run(&inbox))?;
        Ok(Self { orders, seen })
    }

    /// Looks anew, soon.
    pub(super) fn look(&self) {
        lock(&self.seen.0).under_way += 1;
        let _ = self.orders.send(Order::Look);
    }

    /// Waits at most `wait` for the looks that were asked for.
    pub(super) fn wait(&self, wait: Duration) {
        if !wait.is_zero() {
            let (seen, changed) = &*self.seen;
            let _ = changed.wait_timeout_while(lock(seen), wait, |seen| seen.under_way > 0);
        }
    }

    /// What was seen last, if that was in the top-level window `window`.
    pub(super) fn seen_in(&self, window: u64) -> Field {
        let seen = lock(&self.seen.0);
        if seen.window == Some(window) { seen.field } else { Field::Unknown }
    }
}

impl Drop for Fields {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
    }
}

struct Looker {
    seen: Arc<(Mutex<Seen>, Condvar)>,
    orders: Sender<Order>,
    screen: Option<Screen>,
    bus: Option<Bus>,
    opening: Opening,
    /// Newest first.
    recent: VecDeque<Object>,
}

impl Looker {
    fn run(mut self, inbox: &Receiver<Order>) {
        while let Ok(first) = inbox.recv() {
            let mut asked = 0;
            for order in std::iter::once(first).chain(inbox.try_iter()) {
                match order {
                    Order::Look => asked += 1,
                    Order::Changed(object) => self.remember(object),
                    Order::End => return,
                }
            }
            let (window, mut field) = self.look();
            let (seen, changed) = &*self.seen;
            let mut seen = lock(seen);
            // While the hotkey is down the display gives the keyboard to Tawk, and apps say that no field of theirs has
            // it. What the field in this window was, it still is.
            if field == Field::Unknown && self.bus.is_some() && seen.window == window {
                field = seen.field;
            }
            seen.under_way = seen.under_way.saturating_sub(asked);
            if (seen.window, seen.field) != (window, field) {
                tracing::debug!(?field, "the field with the keyboard");
            }
            (seen.window, seen.field) = (window, field);
            changed.notify_all();
        }
    }

    fn remember(&mut self, object: Object) {
        self.recent.retain(|other| *other != object);
        self.recent.push_front(object);
        self.recent.truncate(REMEMBERED);
    }

    /// The window that has the focus, and the kind of its field.
    fn look(&mut self) -> (Option<u64>, Field) {
        let focused = self.focused();
        let Some((window, process)) = focused.inspect_err(|_| self.screen = None).unwrap_or(None) else {
            return (None, Field::Unknown);
        };
        self.connect();
        let field = match (process, &self.bus) {
            (Some(process), Some(bus)) => bus.field(process, self.recent.make_contiguous()),
            _ => Field::Unknown,
        };
        (Some(window), field)
    }

    /// The top-level window that has the focus, and its process.
    fn focused(&mut self) -> Result<Option<(u64, Option<u32>)>, Broken> {
        let screen = match &mut self.screen {
            Some(screen) => screen,
            none => none.insert(Screen::open()?),
        };
        let Some(window) = focus::with_focus(&screen.display)? else { return Ok(None) };
        let window = focus::top_level(&screen.display, screen.wm_state, window)?;
        Ok(Some((window.into(), process_of(&screen.display, window)?)))
    }

    /// The accessibility bus. Where there is none it is looked for at the next look again: it may be started late.
    fn connect(&mut self) {
        self.bus.take_if(|bus| bus.is_closed());
        if self.bus.is_none() {
            self.recent.clear();
            match Bus::connect(&self.opening).map_err(zbus::Error::from) {
                Ok(bus) => {
                    self.follow(&bus);
                    self.bus = Some(bus);
                }
                Err(error) => tracing::debug!(%error, "there is no accessibility bus"),
            }
        }
    }

    /// Lets a thread pass on every change of the keyboard's field. It ends with the bus.
    fn follow(&self, bus: &Bus) {
        let orders = self.orders.clone();
        let following = bus.focus_changes().map_err(|error| error.to_string()).and_then(|changes| {
            let pass_on = move || changes.map(Order::Changed).try_for_each(|order| orders.send(order)).unwrap_or(());
            spawn("field-events", pass_on).map_err(|error| error.to_string())
        });
        if let Err(error) = following {
            tracing::warn!(%error, "changes of the keyboard's field are not followed");
        }
    }
}

/// The display, and what it takes to find top-level windows on it.
struct Screen {
    display: Display,
    wm_state: Atom,
}

impl Screen {
    fn open() -> Result<Self, Broken> {
        let display = Display::open()?;
        let wm_state = display.atom("WM_STATE")?;
        Ok(Self { display, wm_state })
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<(), Error> {
    thread::Builder::new().name(name.into()).spawn(work).map(drop).map_err(|error| {
        let message = format!("The thread “{name}” cannot be started ({error}). Close other programs.");
        Error::new(ErrorKind::Internal, message)
    })
}

fn lock(seen: &Mutex<Seen>) -> MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Knows what kind of field has the keyboard, without anybody waiting long for an app: a thread asks the apps, when it is
//! told to and whenever the keyboard goes to another field.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

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

/// How long an app that says that it has not got the keyboard is given to notice that it has got it back. It has lost it
/// to Tawk while the hotkey was down, and reads of both on different ways.
const NOTICING: Duration = Duration::from_millis(40);

/// After how long without an answer what an app has said before counts no more. A new answer nearly always takes less.
const OVERDUE: Duration = Duration::from_millis(120);

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
    /// When the last look was asked for.
    asked: Option<Instant>,
    /// When the oldest of those under way was asked for, as far as that is known.
    waiting_since: Option<Instant>,
}

impl Seen {
    fn ask(&mut self, now: Instant) {
        self.under_way += 1;
        self.asked = Some(now);
        self.waiting_since.get_or_insert(now);
    }

    /// Ends so many `looks`, which have found `field` in `window`. `may_be_away` if an app that says nothing may only be
    /// without the keyboard for a while.
    fn find(&mut self, looks: usize, window: Option<u64>, field: Field, may_be_away: bool) {
        // While the hotkey is down the display gives the keyboard to Tawk, and apps say that no field of theirs has it. A
        // password field is one until the app names another: nothing less is safe. What was plain may not be so any more.
        let is_still = may_be_away && field == Field::Unknown && self.field == Field::Password && self.window == window;
        let field = if is_still { Field::Password } else { field };
        self.under_way = self.under_way.saturating_sub(looks);
        // Those that are left were asked for after the last that is over; the newest of them is known.
        self.waiting_since = self.asked.filter(|_| self.under_way > 0);
        if (self.window, self.field) != (window, field) {
            tracing::debug!(?field, "the field with the keyboard");
        }
        (self.window, self.field) = (window, field);
    }

    /// What holds for `window` at `now`.
    fn field_in(&self, window: u64, now: Instant) -> Field {
        let is_overdue = self.waiting_since.is_some_and(|since| now.saturating_duration_since(since) >= OVERDUE);
        match self.field {
            _ if self.window != Some(window) => Field::Unknown,
            Field::Plain if is_overdue => Field::Unknown,
            field => field,
        }
    }
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
        lock(&self.seen.0).ask(Instant::now());
        let _ = self.orders.send(Order::Look);
    }

    /// Waits for the looks that were asked for, until `wait` has passed since the last of them was.
    pub(super) fn wait(&self, wait: Duration) {
        let (seen, changed) = &*self.seen;
        let seen = lock(seen);
        let left = seen.asked.map_or(Duration::ZERO, |asked| wait.saturating_sub(asked.elapsed()));
        if !left.is_zero() {
            let _ = changed.wait_timeout_while(seen, left, |seen| seen.under_way > 0);
        }
    }

    /// What was seen last, if that was in the top-level window `window`.
    pub(super) fn seen_in(&self, window: u64) -> Field {
        lock(&self.seen.0).field_in(window, Instant::now())
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
            let Some(mut looks) = self.take(first, inbox) else { return };
            let (mut window, mut field) = self.look();
            if field.is_none() {
                // It tells of the field when it notices, and is asked again in any case.
                if let Ok(next) = inbox.recv_timeout(NOTICING) {
                    let Some(more) = self.take(next, inbox) else { return };
                    looks += more;
                }
                (window, field) = self.look();
            }
            let (seen, changed) = &*self.seen;
            lock(seen).find(looks, window, field.unwrap_or_default(), self.bus.is_some());
            changed.notify_all();
        }
    }

    /// Takes `first` and all other orders that have come; gives how many looks are asked for, `None` at the end.
    fn take(&mut self, first: Order, inbox: &Receiver<Order>) -> Option<usize> {
        let mut looks = 0;
        for order in std::iter::once(first).chain(inbox.try_iter()) {
            match order {
                Order::Look => {}
                Order::Changed(object) => self.remember(object),
                Order::End => return None,
            }
            looks += 1;
        }
        Some(looks)
    }

    fn remember(&mut self, object: Object) {
        self.recent.retain(|other| *other != object);
        self.recent.push_front(object);
        self.recent.truncate(REMEMBERED);
    }

    /// The window that has the focus, and the kind of its field; that is `None` if its app says that the keyboard is
    /// elsewhere.
    fn look(&mut self) -> (Option<u64>, Option<Field>) {
        let focused = self.focused();
        let Some((window, process)) = focused.inspect_err(|_| self.screen = None).unwrap_or(None) else {
            return (None, Some(Field::Unknown));
        };
        self.connect();
        let field = match (process, &self.bus) {
            (Some(process), Some(bus)) => bus.field(process, self.recent.make_contiguous()),
            _ => Some(Field::Unknown),
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
        let (orders, seen) = (self.orders.clone(), Arc::clone(&self.seen));
        let following = bus.focus_changes().map_err(|error| error.to_string()).and_then(|changes| {
            let mut pass_on = move |object| {
                lock(&seen.0).ask(Instant::now());
                orders.send(Order::Changed(object))
            };
            let pass_on = move || changes.into_iter().try_for_each(&mut pass_on).unwrap_or(());
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

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: u64 = 7;

    fn seen(field: Field) -> Seen {
        Seen { window: Some(HERE), field, ..Seen::default() }
    }

    #[test]
    fn a_plain_field_is_not_believed_in_once_its_app_says_nothing_of_it() {
        let now = Instant::now();
        let mut seen = seen(Field::Plain);
        seen.ask(now);
        seen.find(1, Some(HERE), Field::Unknown, true);
        assert_eq!(seen.field_in(HERE, now), Field::Unknown);
    }

    #[test]
    fn a_password_field_is_one_until_its_app_names_another_or_nobody_can() {
        let now = Instant::now();
        let mut seen = seen(Field::Password);
        seen.find(0, Some(HERE), Field::Unknown, true);
        assert_eq!(seen.field_in(HERE, now), Field::Password);
        seen.find(0, Some(HERE), Field::Plain, true);
        assert_eq!(seen.field_in(HERE, now), Field::Plain);
        seen.find(0, Some(HERE), Field::Password, true);
        seen.find(0, Some(HERE), Field::Unknown, false);
        assert_eq!(seen.field_in(HERE, now), Field::Unknown);
        seen.find(0, Some(HERE), Field::Password, true);
        seen.find(0, Some(8), Field::Unknown, true);
        assert_eq!((seen.field_in(8, now), seen.field_in(HERE, now)), (Field::Unknown, Field::Unknown));
    }

    #[test]
    fn what_was_plain_is_unknown_when_the_next_answer_is_overdue_and_a_password_field_stays_one() {
        let now = Instant::now();
        for (field, later) in [(Field::Plain, Field::Unknown), (Field::Password, Field::Password)] {
            let mut seen = seen(field);
            seen.ask(now);
            seen.ask(now);
            seen.find(1, Some(HERE), field, true);
            assert_eq!(seen.field_in(HERE, now + OVERDUE / 2), field);
            assert_eq!(seen.field_in(HERE, now + OVERDUE), later);
            // Known again as soon as it has answered.
            seen.find(1, Some(HERE), field, true);
            assert_eq!(seen.field_in(HERE, now + OVERDUE), field);
        }
    }

    #[test]
    fn a_look_is_waited_for_until_it_is_over_and_no_longer_than_asked_since_it_began() {
        let (orders, _inbox) = unbounded();
        let fields = Fields { orders, seen: Arc::default() };
        let bound = Duration::from_millis(600);
        let waited = |wait| {
            let start = Instant::now();
            fields.wait(wait);
            start.elapsed()
        };
        assert!(waited(Duration::from_secs(60)) < bound, "No look is under way.");
        fields.look();
        assert_eq!(fields.seen_in(HERE), Field::Unknown);
        assert!(waited(bound) >= bound / 2);
        // It was asked for that long ago now.
        assert!(waited(bound) < bound / 2);
        thread::scope(|scope| {
            scope.spawn(|| {
                lock(&fields.seen.0).find(1, Some(HERE), Field::Password, true);
                fields.seen.1.notify_all();
            });
            assert!(waited(Duration::from_secs(60)) < Duration::from_secs(30));
        });
        assert_eq!(fields.seen_in(HERE), Field::Password);
    }
}

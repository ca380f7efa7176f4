//! Waits until the app that receives keys has read those already sent, and the layout as it is now.
//!
//! An app looks a key's symbol up when it reads the event, not when the key was pressed. If the key has been given
//! another meaning by then, the app reads the wrong character; and an app that is slow to read a changed layout takes
//! the old one. A fixed pause is too long for most and too short on a busy machine, so the app itself is watched: most
//! answer the window manager's protocol `_NET_WM_PING` once they have read every event before it, and an app that has
//! nothing left to do sleeps.

use std::time::{Duration, Instant};

use x11rb::connection::{Connection as _, RequestConnection as _};
use x11rb::protocol::Event;
use x11rb::protocol::res::{self, ClientIdMask, ClientIdSpec, ConnectionExt as _};
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};

use super::display::{Broken, Display};
use super::focus;

/// How long an app that answers pings may take for it. Loading a font for a new script has taken one 6 s on a busy
/// machine; an app that takes longer hangs.
const PATIENCE: Duration = Duration::from_secs(20);

/// How long an app that does not answer pings is given to come to rest. It may have work for ever.
const PATIENCE_WITHOUT_ANSWER: Duration = Duration::from_secs(10);

/// How long an app that has answered may stay awake: it may have other work than ours.
const PATIENCE_AFTER_ANSWER: Duration = Duration::from_millis(100);

/// The pause for an app that neither answers nor can be watched.
const BLIND_PAUSE: Duration = Duration::from_millis(60);

/// How often to ask, in a long wait, whether typing is still wanted.
const ASK_EVERY: Duration = Duration::from_millis(20);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// An app that has answered and was found at rest this often in a row has nothing left to do.
const LOOKS_AFTER_ANSWER: u32 = 3;

/// The same for an app that does not answer: it may rest a while because it waits for the display.
const LOOKS_WITHOUT_ANSWER: u32 = 10;

/// The first ping's number; the numbers tell our pings from the window manager's, which are times in ms.
const FIRST_PING: u32 = 0xfa3b_0000;

/// The atoms that are needed to find out about an app.
#[derive(Clone, Copy)]
pub(super) struct ReceiverAtoms {
    protocols: Atom,
    ping: Atom,
    wm_state: Atom,
}

impl ReceiverAtoms {
    /// Asks the display for them.
    pub(super) fn new(display: &Display) -> Result<Self, Broken> {
        Ok(Self {
            protocols: display.atom("WM_PROTOCOLS")?,
            ping: display.atom("_NET_WM_PING")?,
            wm_state: display.atom("WM_STATE")?,
        })
    }
}

/// The app that has the focus.
pub(super) struct Receiver {
    atoms: ReceiverAtoms,
    /// The window to ping; `None` if the app does not answer.
    window: Option<Window>,
    /// The app's process on this machine, if that is known.
    process: Option<u32>,
    sent: u32,
    answered: u32,
}

impl Receiver {
    /// The app that has the focus now.
    pub(super) fn find(display: &Display, atoms: ReceiverAtoms) -> Result<Self, Broken> {
        let mut receiver = Self { atoms, window: None, process: None, sent: FIRST_PING, answered: FIRST_PING };
        let Some(window) = focus::with_focus(display)? else { return Ok(receiver) };
        let window = focus::top_level(display, atoms.wm_state, window)?;
        receiver.process = process_of(display, window)?;
        if answers_pings(display, atoms, window)? {
            // Apps send their answers to the root window.
            select_answers(display, EventMask::SUBSTRUCTURE_NOTIFY)?;
            receiver.window = Some(window);
        }
        Ok(receiver)
    }

    /// Takes an event that may be an answer.
    pub(super) fn event(&mut self, event: &Event) {
        if let Event::ClientMessage(message) = event
            && message.type_ == self.atoms.protocols
            && message.format == 32
        {
            let [protocol, number, window, ..] = message.data.as_data32();
            if protocol == self.atoms.ping && Some(window) == self.window && number > self.answered {
                self.answered = number.min(self.sent);
            }
        }
    }

    /// Waits until the app has read everything sent before; `next_events` hands over the events that came meanwhile.
    /// `false` when the app hangs, or when `go_on`, asked now and then, says no.
    pub(super) fn catch_up(
        &mut self,
        display: &Display,
        go_on: &mut dyn FnMut() -> bool,
        next_events: impl FnMut(&Display, &mut Self) -> Result<(), Broken>,
    ) -> Result<bool, Broken> {
        display.sync()?;
        let window = self.window;
        if let Some(window) = window
            && !self.wait_for_answer(display, window, go_on, next_events)?
        {
            // Nobody waits for it twice.
            (self.window, self.process) = (None, None);
            return Ok(false);
        }
        let answered = window.is_some();
        match self.process {
            Some(process) if answered => {
                wait_for_rest(process, LOOKS_AFTER_ANSWER, PATIENCE_AFTER_ANSWER, &mut || true);
            }
            Some(process) => {
                if !wait_for_rest(process, LOOKS_WITHOUT_ANSWER, PATIENCE_WITHOUT_ANSWER, go_on) {
                    self.process = None;
                    return Ok(go_on());
                }
            }
            None if answered => {}
            None => std::thread::sleep(BLIND_PAUSE),
        }
        Ok(true)
    }

    /// Whether the app answered.
    fn wait_for_answer(
        &mut self,
        display: &Display,
        window: Window,
        go_on: &mut dyn FnMut() -> bool,
        mut next_events: impl FnMut(&Display, &mut Self) -> Result<(), Broken>,
    ) -> Result<bool, Broken> {
        self.sent += 1;
        let ping = [self.atoms.ping, self.sent, window, 0, 0];
        let message = ClientMessageEvent::new(32, window, self.atoms.protocols, ping);
        display.conn.send_event(false, window, EventMask::NO_EVENT, message)?;
        display.conn.flush()?;
        let start = Instant::now();
        let mut asked = start;
        while self.answered < self.sent {
            let mut wanted = || go_on() && exists(display, window);
            if start.elapsed() > PATIENCE || !asked_now_and_then(&mut asked, &mut wanted) {
                return Ok(false);
            }
            std::thread::sleep(LOOK_EVERY);
            next_events(display, self)?;
        }
        Ok(true)
    }

    /// Listens for answers no more.
    pub(super) fn end(self, display: &Display) -> Result<(), Broken> {
        select_answers(display, EventMask::NO_EVENT)
    }
}

/// Whether `window` has not been closed.
fn exists(display: &Display, window: Window) -> bool {
    display.conn.get_window_attributes(window).is_ok_and(|cookie| cookie.reply().is_ok())
}

fn select_answers(display: &Display, mask: EventMask) -> Result<(), Broken> {
    let aux = ChangeWindowAttributesAux::new().event_mask(mask);
    display.conn.change_window_attributes(display.root, &aux)?;
    Ok(())
}

fn answers_pings(display: &Display, atoms: ReceiverAtoms, window: Window) -> Result<bool, Broken> {
    let protocols = display.conn.get_property(false, window, atoms.protocols, AtomEnum::ATOM, 0, 64)?;
    // A window that closes meanwhile answers with an error, and no pings.
    let Ok(protocols) = protocols.reply() else { return Ok(false) };
    Ok(protocols.value32().is_some_and(|mut list| list.any(|atom| atom == atoms.ping)))
}

/// The process that `window` belongs to, if that runs on this machine. The display knows it from the connection, also
/// where the app does not say or believes to have another number, as in a container.
pub(super) fn process_of(display: &Display, window: Window) -> Result<Option<u32>, Broken> {
    if display.conn.extension_information(res::X11_EXTENSION_NAME)?.is_none() {
        return Ok(None);
    }
    let spec = ClientIdSpec { client: window, mask: ClientIdMask::LOCAL_CLIENT_PID };
    let ids = display.conn.res_query_client_ids(&[spec])?;
    let machine = display.conn.get_property(false, window, AtomEnum::WM_CLIENT_MACHINE, AtomEnum::STRING, 0, 64)?;
    let (Ok(ids), Ok(machine)) = (ids.reply(), machine.reply()) else { return Ok(None) };
    let this_machine = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    // An app on another machine comes through a program on this one.
    if !machine.value.is_empty() && machine.value.trim_ascii() != this_machine.trim_ascii() {
        return Ok(None);
    }
    Ok(ids.ids.iter().find_map(|id| id.value.first().copied()))
}

/// Asks `go_on` if that was not done of late; `asked` is when it was. It costs a round trip, so not at every look.
fn asked_now_and_then(asked: &mut Instant, go_on: &mut dyn FnMut() -> bool) -> bool {
    if asked.elapsed() < ASK_EVERY {
        return true;
    }
    *asked = Instant::now();
    go_on()
}

/// Waits until the main thread of `process` was at rest in `looks` looks in a row, at most for `patience`; whether it
/// was, or cannot be looked at.
fn wait_for_rest(process: u32, looks: u32, patience: Duration, go_on: &mut dyn FnMut() -> bool) -> bool {
    let start = Instant::now();
    let mut asked = start;
    let (mut at_rest, mut before) = (0, None);
    while at_rest < looks && start.elapsed() < patience && asked_now_and_then(&mut asked, go_on) {
        std::thread::sleep(LOOK_EVERY);
        let Ok(status) = std::fs::read_to_string(format!("/proc/{process}/status")) else { return true };
        let now = sleeps(&status);
        at_rest = if now.is_some() && now == before { at_rest + 1 } else { 0 };
        before = now;
    }
    at_rest >= looks
}

/// How often the process of a `/proc/PID/status` has gone to sleep, if it sleeps now. The same number twice means that it
/// slept all the time between.
fn sleeps(status: &str) -> Option<u64> {
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let asleep = field("State:")?.starts_with('S');
    field("voluntary_ctxt_switches:")?.parse().ok().filter(|_| asleep)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_sleeping_process_sleeps() {
        let status = |state| format!("Name:\tState:S\nState:\t{state}\nvoluntary_ctxt_switches:\t150\n");
        assert_eq!(sleeps(&status("S (sleeping)")), Some(150));
        assert_eq!(sleeps(&status("R (running)")), None);
        assert_eq!(sleeps(""), None);
        assert_eq!(sleeps(&std::fs::read_to_string("/proc/thread-self/status").unwrap()), None);
    }

    #[test]
    fn a_busy_process_is_waited_for_and_a_gone_one_is_not() {
        let (start, patience) = (Instant::now(), Duration::from_millis(50));
        assert!(wait_for_rest(u32::MAX, 3, patience, &mut || true));
        assert!(start.elapsed() < patience);
        let mut busy = std::process::Command::new("sh").args(["-c", "while :; do :; done"]).spawn().unwrap();
        let start = Instant::now();
        let rested = wait_for_rest(busy.id(), 3, patience, &mut || true);
        busy.kill().unwrap();
        busy.wait().unwrap();
        assert!(!rested && start.elapsed() >= patience);
    }
}

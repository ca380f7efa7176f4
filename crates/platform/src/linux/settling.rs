//! Waits until the app that receives keys has read those already sent, and the layout as it is now.
//!
//! An app looks a key's symbol up when it reads the event, not when the key was pressed. If the key has been given
//! another meaning by then, the app reads the wrong character; and an app that is slow to read a changed layout takes
//! the old one. A fixed pause is too long for most and too short on a busy machine, so the app itself is watched: most
//! answer the window manager's protocol `_NET_WM_PING` once they have read every event before it, and an app that has
//! nothing left to do sleeps.

use std::time::{Duration, Instant};

use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    Atom, AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt as _, EventMask, Window,
};

use super::display::{Broken, Display};
use super::focus;

/// How long an app may take to answer or to fall asleep. One that takes longer hangs, and its user knows.
const PATIENCE: Duration = Duration::from_secs(5);

/// How long an app that has answered may stay awake: it may have other work than ours.
const PATIENCE_AFTER_ANSWER: Duration = Duration::from_millis(100);

/// The pause for an app that neither answers nor can be watched.
const BLIND_PAUSE: Duration = Duration::from_millis(60);

/// How often to look.
const LOOK_EVERY: Duration = Duration::from_millis(1);

/// An app found asleep this often in a row has nothing left to do.
const LOOKS_ASLEEP: u32 = 3;

/// The first ping's number; the numbers tell our pings from the window manager's, which are times in ms.
const FIRST_PING: u32 = 0xfa3b_0000;

/// The atoms that are needed to find out about an app.
#[derive(Clone, Copy)]
pub(super) struct ReceiverAtoms {
    protocols: Atom,
    ping: Atom,
    pid: Atom,
    wm_state: Atom,
}

impl ReceiverAtoms {
    /// Asks the display for them.
    pub(super) fn new(display: &Display) -> Result<Self, Broken> {
        Ok(Self {
            protocols: display.atom("WM_PROTOCOLS")?,
            ping: display.atom("_NET_WM_PING")?,
            pid: display.atom("_NET_WM_PID")?,
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
        receiver.process = process_of(display, atoms, window)?;
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
    pub(super) fn catch_up(
        &mut self,
        display: &Display,
        next_events: impl FnMut(&Display, &mut Self) -> Result<(), Broken>,
    ) -> Result<(), Broken> {
        display.sync()?;
        let answered = self.wait_for_answer(display, next_events)?;
        match self.process {
            Some(process) => wait_for_sleep(process, if answered { PATIENCE_AFTER_ANSWER } else { PATIENCE }),
            None if answered => {}
            None => std::thread::sleep(BLIND_PAUSE),
        }
        Ok(())
    }

    /// Whether the app answered.
    fn wait_for_answer(
        &mut self,
        display: &Display,
        mut next_events: impl FnMut(&Display, &mut Self) -> Result<(), Broken>,
    ) -> Result<bool, Broken> {
        let Some(window) = self.window else { return Ok(false) };
        self.sent += 1;
        let ping = [self.atoms.ping, self.sent, window, 0, 0];
        let message = ClientMessageEvent::new(32, window, self.atoms.protocols, ping);
        display.conn.send_event(false, window, EventMask::NO_EVENT, message)?;
        display.conn.flush()?;
        let start = Instant::now();
        while self.answered < self.sent {
            if start.elapsed() > PATIENCE {
                tracing::debug!("the app does not answer pings in time");
                self.window = None;
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

/// The process that `window` says it belongs to, if that runs on this machine.
fn process_of(display: &Display, atoms: ReceiverAtoms, window: Window) -> Result<Option<u32>, Broken> {
    let machine = display.conn.get_property(false, window, AtomEnum::WM_CLIENT_MACHINE, AtomEnum::STRING, 0, 64)?;
    let process = display.conn.get_property(false, window, atoms.pid, AtomEnum::CARDINAL, 0, 1)?;
    let (Ok(machine), Ok(process)) = (machine.reply(), process.reply()) else { return Ok(None) };
    let this_machine = std::fs::read("/proc/sys/kernel/hostname").unwrap_or_default();
    if machine.value.is_empty() || machine.value.trim_ascii() == this_machine.trim_ascii() {
        return Ok(process.value32().and_then(|mut list| list.next()));
    }
    Ok(None)
}

/// Waits until the main thread of `process` sleeps, at most for `patience`.
fn wait_for_sleep(process: u32, patience: Duration) {
    let start = Instant::now();
    let mut asleep = 0;
    while asleep < LOOKS_ASLEEP && start.elapsed() < patience {
        std::thread::sleep(LOOK_EVERY);
        // A process that cannot be looked at is not waited for.
        let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
        asleep = if state_of(&stat).is_none_or(|state| state == 'S') { asleep + 1 } else { 0 };
    }
}

/// The state in a line of `/proc/PID/stat`: the first word after the program's name, which may itself hold brackets.
fn state_of(stat: &str) -> Option<char> {
    stat.rsplit_once(") ")?.1.chars().next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_state_comes_after_the_name() {
        assert_eq!(state_of("12 (xterm) S 1 12"), Some('S'));
        assert_eq!(state_of("12 (a) R (b) R 1 12"), Some('R'));
        assert_eq!(state_of(""), None);
    }

    #[test]
    fn a_busy_process_is_awake() {
        let stat = std::fs::read_to_string("/proc/thread-self/stat").unwrap();
        assert_eq!(state_of(&stat), Some('R'));
    }
}

//! Hotkeys that a test presses.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use tawk_core::hotkey::Hotkey;
use tawk_core::ports::{HotkeyNews, HotkeyWatcher, Hotkeys, KeyEdge, Registration};
use tawk_core::{Error, ErrorKind, Result};

use super::listeners::Listeners;
use super::lock;

/// The keyboard, as far as hotkeys are concerned.
#[derive(Clone, Default)]
pub struct FakeHotkeys {
    listeners: Listeners<Listener>,
    failure: Arc<Mutex<Option<Error>>>,
    taken: Arc<Mutex<Vec<Hotkey>>>,
    claimed: Arc<Mutex<Option<Hotkey>>>,
    watcher: Arc<Mutex<Option<HotkeyWatcher>>>,
}

struct Listener {
    hotkey: Hotkey,
    call: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
}

impl FakeHotkeys {
    /// Lets `edge` of `hotkey` happen at `at`. Returns when every listener has been told, and how many there were.
    pub fn fire(&self, hotkey: &Hotkey, edge: KeyEdge, at: Instant) -> usize {
        let listeners = self.listeners.all();
        listeners.iter().filter(|listener| listener.hotkey == *hotkey).map(|listener| (listener.call)(edge, at)).count()
    }

    /// Presses `hotkey` now.
    pub fn press(&self, hotkey: &Hotkey) -> usize {
        self.fire(hotkey, KeyEdge::Down, Instant::now())
    }

    /// Lets go of `hotkey` now.
    pub fn release(&self, hotkey: &Hotkey) -> usize {
        self.fire(hotkey, KeyEdge::Up, Instant::now())
    }

    /// The hotkeys that are registered now, in the order of registration.
    pub fn registered(&self) -> Vec<Hotkey> {
        self.listeners.all().iter().map(|listener| listener.hotkey).collect()
    }

    /// Lets another program have `hotkey`: registering it fails with `HotkeyTaken`.
    pub fn take(&self, hotkey: Hotkey) {
        lock(&self.taken).push(hotkey);
    }

    /// Lets the other program give `hotkey` back.
    pub fn give_back(&self, hotkey: &Hotkey) {
        lock(&self.taken).retain(|taken| taken != hotkey);
    }

    /// Lets the system itself act on `hotkey`, or on none. It can be registered all the same.
    pub fn claim(&self, hotkey: Option<Hotkey>) {
        *lock(&self.claimed) = hotkey;
    }

    /// Takes Tawk's ear away for `reason`, or gives it back. Returns when the listener has been told.
    pub fn lose(&self, reason: Option<Error>) {
        self.tell(reason.map_or(HotkeyNews::Back, HotkeyNews::Lost));
    }

    /// Lets the hotkey be pressed in vain. Returns when the listener has been told.
    pub fn refuse(&self, reason: Error) {
        self.tell(HotkeyNews::Refused(reason));
    }

    fn tell(&self, news: HotkeyNews) {
        if let Some(watcher) = lock(&self.watcher).as_ref() {
            watcher(news);
        }
    }

    /// Makes every later registration fail with `failure`, or work again.
    pub fn fail_with(&self, failure: Option<Error>) {
        *lock(&self.failure) = failure;
    }
}

impl Hotkeys for FakeHotkeys {
    fn register(
        &self,
        hotkey: &Hotkey,
        listener: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>,
    ) -> Result<Box<dyn Registration>> {
        if let Some(failure) = lock(&self.failure).clone() {
            return Err(failure);
        }
        if lock(&self.taken).contains(hotkey) || self.registered().contains(hotkey) {
            return Err(Error::new(
                ErrorKind::HotkeyTaken,
                format!("Another program has the hotkey {hotkey}. Choose another."),
            ));
        }
        Ok(self.listeners.add(Listener { hotkey: *hotkey, call: listener }))
    }

    fn claimed_by_system(&self, hotkey: &Hotkey) -> Option<Error> {
        let error =
            || Error::new(ErrorKind::HotkeyTaken, format!("The system has the hotkey {hotkey}. Choose another."));
        (*lock(&self.claimed) == Some(*hotkey)).then(error)
    }

    fn watch(&self, watcher: HotkeyWatcher) {
        *lock(&self.watcher) = Some(watcher);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_reach_only_the_listener_of_their_key() {
        let hotkeys = FakeHotkeys::default();
        let (one, two): (Hotkey, Hotkey) = ("Ctrl+Alt+Space".parse().unwrap(), "F13".parse().unwrap());
        let (send, receive) = crossbeam_channel::unbounded();
        let registration = hotkeys.register(&one, Box::new(move |edge, _| send.send(edge).unwrap())).unwrap();
        assert_eq!(hotkeys.press(&two), 0);
        assert_eq!(hotkeys.press(&one), 1);
        assert_eq!(hotkeys.release(&one), 1);
        assert_eq!(hotkeys.registered(), [one]);
        drop(registration);
        assert_eq!(hotkeys.press(&one), 0);
        assert_eq!(receive.iter().collect::<Vec<_>>(), [KeyEdge::Down, KeyEdge::Up]);
    }

    #[test]
    fn a_key_belongs_to_one_program() {
        let hotkeys = FakeHotkeys::default();
        let key: Hotkey = "F13".parse().unwrap();
        hotkeys.take(key);
        assert_eq!(hotkeys.register(&key, Box::new(|_, _| ())).err().unwrap().kind, ErrorKind::HotkeyTaken);
        hotkeys.give_back(&key);
        let _first = hotkeys.register(&key, Box::new(|_, _| ())).unwrap();
        assert_eq!(hotkeys.register(&key, Box::new(|_, _| ())).err().unwrap().kind, ErrorKind::HotkeyTaken);
    }
}

//! A desktop session whose events a test fires.

use tawk_core::Result;
use tawk_core::ports::{Desk, DeskEvent, Registration};

use super::listeners::Listeners;

/// The desktop session.
#[derive(Clone, Default)]
pub struct FakeDesk {
    watchers: Listeners<Watcher>,
}

struct Watcher {
    listener: Box<dyn Fn(DeskEvent) + Send + Sync>,
}

impl FakeDesk {
    /// Lets `event` happen. Returns when every watcher has been told, and how many there were.
    pub fn fire(&self, event: DeskEvent) -> usize {
        let watchers = self.watchers.all();
        for watcher in &watchers {
            (watcher.listener)(event);
        }
        watchers.len()
    }
}

impl Desk for FakeDesk {
    fn watch(&self, listener: Box<dyn Fn(DeskEvent) + Send + Sync>) -> Result<Box<dyn Registration>> {
        Ok(self.watchers.add(Watcher { listener }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_watchers_until_they_are_dropped() {
        let desk = FakeDesk::default();
        let (send, receive) = crossbeam_channel::unbounded();
        let watching = desk.watch(Box::new(move |event| send.send(event).unwrap())).unwrap();
        assert_eq!(desk.fire(DeskEvent::Locked), 1);
        drop(watching);
        assert_eq!(desk.fire(DeskEvent::Sleeping), 0);
        assert_eq!(receive.iter().collect::<Vec<_>>(), [DeskEvent::Locked]);
    }
}

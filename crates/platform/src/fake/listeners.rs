//! Listeners that stay registered until they are dropped.

use std::sync::{Arc, Mutex};

use tawk_core::ports::Registration;

use super::lock;

/// A list of entries, each of which leaves when its [`Listening`] is dropped.
pub(super) struct Listeners<T> {
    entries: Arc<Mutex<Entries<T>>>,
}

struct Entries<T> {
    next_id: u64,
    list: Vec<(u64, Arc<T>)>,
}

impl<T> Clone for Listeners<T> {
    fn clone(&self) -> Self {
        Self { entries: Arc::clone(&self.entries) }
    }
}

impl<T> Default for Listeners<T> {
    fn default() -> Self {
        Self { entries: Arc::new(Mutex::new(Entries { next_id: 0, list: Vec::new() })) }
    }
}

impl<T: Send + Sync + 'static> Listeners<T> {
    /// Adds `entry`.
    pub(super) fn add(&self, entry: T) -> Box<dyn Registration> {
        let mut entries = lock(&self.entries);
        let id = entries.next_id;
        entries.next_id += 1;
        entries.list.push((id, Arc::new(entry)));
        Box::new(Listening { listeners: self.clone(), id })
    }

    /// The present entries. The lock is not held while they are called, so that they may register others.
    pub(super) fn all(&self) -> Vec<Arc<T>> {
        lock(&self.entries).list.iter().map(|(_, entry)| Arc::clone(entry)).collect()
    }
}

struct Listening<T: Send + Sync + 'static> {
    listeners: Listeners<T>,
    id: u64,
}

impl<T: Send + Sync + 'static> Registration for Listening<T> {}

impl<T: Send + Sync + 'static> Drop for Listening<T> {
    fn drop(&mut self) {
        lock(&self.listeners.entries).list.retain(|(id, _)| *id != self.id);
    }
}

//! The `permissions` thread: leads the user to what the system must allow, and notices when it does.

use std::thread::{self, JoinHandle};
use std::time::Instant;

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};
use tawk_core::permission::{Effect, Event, Grant, Permission, PermissionState, needs_listening};
use tawk_core::{Error, ErrorKind, Result};

use crate::handle::Handle;
use crate::message::Message;
use crate::shared::locked;

/// Asked of the thread.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Order {
    /// The user wants Tawk to have this permission.
    Wanted(Permission),
    /// The system's settings were opened where this permission is given.
    Sent(Permission),
    /// Somebody looks at the permissions.
    Look,
    /// The engine ends.
    End,
}

/// The running thread. Dropping it ends the thread, without waiting: a system call of it may take long.
pub(crate) struct Permitting {
    orders: Sender<Order>,
    _thread: JoinHandle<()>,
}

impl Permitting {
    /// Starts the thread. `orders` is the other end of `inbox`.
    pub(crate) fn start(handle: Handle, orders: Sender<Order>, inbox: Receiver<Order>) -> Result<Self> {
        let grants = Permission::ALL.map(|permission| (permission, Grant::default()));
        let thread = thread::Builder::new()
            .name("permissions".into())
            .spawn(move || Loop { handle, grants, start: Instant::now() }.run(&inbox))
            .map_err(|error| {
                Error::new(
                    ErrorKind::Internal,
                    format!("A thread could not be started ({error}). Close other programs and try again."),
                )
            })?;
        Ok(Self { orders, _thread: thread })
    }
}

impl Drop for Permitting {
    fn drop(&mut self) {
        let _ = self.orders.send(Order::End);
    }
}

struct Loop {
    handle: Handle,
    grants: [(Permission, Grant); Permission::ALL.len()],
    start: Instant,
}

impl Loop {
    fn run(mut self, inbox: &Receiver<Order>) {
        self.all(Event::Returned);
        loop {
            let deadline = self.grants.iter().filter_map(|(_, grant)| grant.deadline()).min();
            let order = match deadline {
                Some(deadline) => inbox.recv_deadline(self.start + deadline),
                None => inbox.recv().map_err(|_| RecvTimeoutError::Disconnected),
            };
            match order {
                Ok(Order::Wanted(permission)) => self.step(permission, Event::Wanted),
                Ok(Order::Sent(permission)) => self.step(permission, Event::Sent),
                Ok(Order::Look) => {
                    self.all(Event::Returned);
                    self.look_at_hotkey();
                }
                Err(RecvTimeoutError::Timeout) => self.all(Event::Tick),
                Ok(Order::End) | Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn all(&mut self, event: Event) {
        for permission in self.grants.each_ref().map(|(permission, _)| *permission) {
            self.step(permission, event);
        }
    }

    fn step(&mut self, permission: Permission, event: Event) {
        let now = self.start.elapsed();
        let Some((_, grant)) = self.grants.iter_mut().find(|(other, _)| *other == permission) else { return };
        let before = grant.state();
        for effect in grant.step(event, now) {
            self.perform(permission, effect, before);
        }
    }

    fn perform(&mut self, permission: Permission, effect: Effect, before: PermissionState) {
        let port = &self.handle.shared.platform.permissions;
        match effect {
            Effect::Look => {
                let state = match permission {
                    Permission::Listening if !needs_listening(&self.handle.settings().hotkey()) => {
                        PermissionState::NotNeeded
                    }
                    _ => port.state(permission),
                };
                self.step(permission, Event::Said(state));
            }
            Effect::Prove => {
                let works = port.prove(permission);
                self.step(permission, Event::Proved(works));
            }
            Effect::Prompt => {
                let prompted = port.request(permission);
                self.report(prompted);
            }
            Effect::OpenSettings => {
                let opened = port.open_settings(permission);
                self.report(opened);
            }
            Effect::Reset => {
                let reset = port.reset(permission);
                let forgotten = reset.is_ok();
                self.report(reset);
                self.step(permission, Event::Forgotten(forgotten));
            }
            Effect::Show(state) => self.show(permission, state, before),
        }
    }

    /// Whoever had the hotkey may have given it back since.
    fn look_at_hotkey(&self) {
        let shared = &self.handle.shared;
        let is_taken = |code: &str| code == ErrorKind::HotkeyTaken.code();
        if !locked(&shared.status).trouble.as_ref().is_some_and(|trouble| is_taken(&trouble.code)) {
            return;
        }
        let trouble = self.handle.hotkey_trouble();
        // The same again is no news.
        if trouble.as_ref().is_none_or(|error| error.kind != ErrorKind::HotkeyTaken) {
            shared.send(Message::Trouble(trouble.or_else(|| shared.standing_trouble())));
        }
    }

    fn report(&self, done: Result<()>) {
        if let Err(error) = done {
            self.handle.shared.send(Message::Report(error));
        }
    }

    fn show(&self, permission: Permission, state: PermissionState, before: PermissionState) {
        tracing::info!(?permission, ?state, ?before, "permission");
        let shared = &self.handle.shared;
        // A hotkey that needs the permission could not be listened to until now.
        let newly_allowed = state.allows() && !before.allows();
        if permission != Permission::Microphone && newly_allowed && locked(&shared.hotkey).is_none() {
            let trouble = self.handle.hotkey_trouble().or_else(|| shared.standing_trouble());
            shared.send(Message::Trouble(trouble));
        }
        shared.listener.permission_changed(permission, state);
    }
}

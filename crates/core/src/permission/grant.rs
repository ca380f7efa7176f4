//! The way to a permission: asked for once, never in a loop, and proved before it is believed.
//!
//! [`Grant::step`] takes what happened and says what to do. The user's wish ([`Event::Wanted`]) leads to the step that
//! helps in the present state: the system's prompt if it was never shown, else the right pane of the system's settings,
//! and for a stale grant the repair. Nothing here ever prompts without that wish. Only while the user is on the way is
//! the system asked again and again, and only for a bounded time.

use std::time::Duration;

use super::PermissionState;

/// How often to look while the user is on the way to the settings.
pub const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How long to go on looking. Afterwards a look comes with [`Event::Returned`].
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Something that happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// The user wants Tawk to have the permission.
    Wanted,
    /// The answer to [`Effect::Look`].
    Said(PermissionState),
    /// The answer to [`Effect::Prove`].
    Proved(bool),
    /// The answer to [`Effect::Reset`]: whether the system has forgotten the grant.
    Forgotten(bool),
    /// The user has been shown the system's settings.
    Sent,
    /// The user is back in Tawk, or something failed that needs the permission: a good moment to look.
    Returned,
    /// [`Grant::deadline`] has passed.
    Tick,
}

/// Something to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Ask the system how things stand and answer `Said`.
    Look,
    /// Try whether the grant works and answer `Proved`.
    Prove,
    /// Show the system's own prompt.
    Prompt,
    /// Open the pane of the system's settings where the permission is given.
    OpenSettings,
    /// Make the system forget the grant and answer `Forgotten`.
    Reset,
    /// Tell the faces how things stand. Comes when it has changed.
    Show(PermissionState),
}

/// The state machine of one permission. Nothing is known before the first look.
#[derive(Debug, Default)]
pub struct Grant {
    shown: Option<PermissionState>,
    /// The user's wish is to be acted on as soon as the present state is known.
    wanted: bool,
    /// The prompt was shown, and would tell the user nothing new.
    prompted: bool,
    /// The repair was tried, and did not help if the grant is stale again.
    repaired: bool,
    /// When the next look is due, and when looking ends.
    watching: Option<(Duration, Duration)>,
}

impl Grant {
    /// How things stood at the last look.
    pub fn state(&self) -> PermissionState {
        self.shown.unwrap_or(PermissionState::Unknown)
    }

    /// When [`Event::Tick`] must be sent at the latest, if at all.
    pub fn deadline(&self) -> Option<Duration> {
        self.watching.map(|(next, _)| next)
    }

    /// Takes one event, that happened `now` after some fixed start.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        match event {
            Event::Wanted => {
                self.wanted = true;
                vec![Effect::Look]
            }
            Event::Sent => {
                self.watch(now);
                Vec::new()
            }
            Event::Returned => vec![Effect::Look],
            Event::Said(PermissionState::Granted) => vec![Effect::Prove],
            Event::Said(state) => self.settle(state, now),
            Event::Proved(true) => self.settle(PermissionState::Granted, now),
            Event::Proved(false) => self.settle(PermissionState::Stale, now),
            Event::Forgotten(true) => self.prompt(now),
            Event::Forgotten(false) => self.open_settings(now),
            Event::Tick => self.tick(now),
        }
    }

    fn settle(&mut self, state: PermissionState, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        if self.shown.replace(state) != Some(state) {
            effects.push(Effect::Show(state));
        }
        if matches!(state, PermissionState::Granted | PermissionState::NotNeeded | PermissionState::Restricted) {
            // There is nothing more to wait for. A grant that goes stale later may be repaired again.
            self.watching = None;
            self.repaired = false;
        }
        if std::mem::take(&mut self.wanted) {
            effects.extend(self.pursue(state, now));
        }
        effects
    }

    /// The step that helps.
    fn pursue(&mut self, state: PermissionState, now: Duration) -> Vec<Effect> {
        match state {
            PermissionState::NotAsked if !self.prompted => self.prompt(now),
            PermissionState::Stale if !self.repaired => {
                self.repaired = true;
                vec![Effect::Reset]
            }
            PermissionState::NotAsked | PermissionState::Stale | PermissionState::Denied | PermissionState::Unknown => {
                self.open_settings(now)
            }
            PermissionState::Granted | PermissionState::NotNeeded | PermissionState::Restricted => Vec::new(),
        }
    }

    fn prompt(&mut self, now: Duration) -> Vec<Effect> {
        self.prompted = true;
        self.watch(now);
        vec![Effect::Prompt]
    }

    fn open_settings(&mut self, now: Duration) -> Vec<Effect> {
        self.watch(now);
        vec![Effect::OpenSettings]
    }

    fn watch(&mut self, now: Duration) {
        self.watching = Some((now + LOOK_EVERY, now + PATIENCE));
    }

    fn tick(&mut self, now: Duration) -> Vec<Effect> {
        match self.watching {
            Some((_, until)) if now >= until => {
                self.watching = None;
                Vec::new()
            }
            Some((next, until)) if now >= next => {
                self.watching = Some((now + LOOK_EVERY, until));
                vec![Effect::Look]
            }
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests;

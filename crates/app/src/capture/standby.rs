//! Listening before the key goes down, for those who ask for it: the last moments of sound, in memory only.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, bounded};
use tawk_core::SAMPLE_RATE;
use tawk_core::microphone::{ChannelChoice, Microphone, MicrophoneChoice};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{Microphones, Permissions};

use super::READ_WAIT;
use super::ear::Ear;

/// How often it is looked whether the microphone is still the one to hear, and, where none is heard, whether there is one
/// again. One that is silent for so long fails.
const LOOK: Duration = Duration::from_secs(2);

/// How long a microphone may take to open; a key that goes down meanwhile waits for it.
const OPEN_LIMIT: Duration = Duration::from_millis(800);

/// So much later one that failed is tried again, unless it was away in between: it may have been let go by another program.
const AGAIN: Duration = Duration::from_secs(30);

/// What to hear between dictations.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PreRoll {
    pub(crate) microphones: Vec<MicrophoneChoice>,
    pub(crate) channel: ChannelChoice,
    /// How much of what was heard before the key went down belongs to the dictation.
    pub(crate) length: Duration,
}

/// The microphone between dictations, and the last that it heard.
#[derive(Default)]
pub(super) struct Standby {
    wanted: Option<PreRoll>,
    /// Nothing is heard until the next dictation: the screen is locked, or the machine sleeps.
    rests: bool,
    ear: Option<Ear>,
    /// At 16 kHz, the newest last.
    samples: VecDeque<f32>,
    heard: Option<Instant>,
    looked: Option<Instant>,
    /// What is connected, on its way from the thread that looks.
    look: Option<Receiver<Vec<Microphone>>>,
    /// What is connected, until it is settled which one of it is heard.
    connected: Vec<Microphone>,
    /// The ids of those that could not be opened or were silent, and when.
    failed: Vec<(String, Instant)>,
}

impl Standby {
    /// Hears as is wanted now, or no more.
    pub(super) fn want(&mut self, wanted: Option<PreRoll>) {
        if self.wanted != wanted {
            self.close();
            self.wanted = wanted;
        }
    }

    /// Hears nothing until the next dictation.
    pub(super) fn rest(&mut self) {
        self.close();
        self.rests = true;
    }

    pub(super) fn is_on(&self) -> bool {
        self.wanted.is_some() && !self.rests
    }

    /// Hears for a while, at most [`READ_WAIT`]; less when the thread is wanted back. Before that it opens one microphone at
    /// most, if there is a better one.
    pub(super) fn hear(&mut self, microphones: &Arc<dyn Microphones>, permissions: &dyn Permissions) {
        self.look(microphones);
        self.follow(microphones.as_ref(), permissions);
        let Some(wanted) = &self.wanted else { return };
        let Some(ear) = &mut self.ear else {
            std::thread::park_timeout(READ_WAIT);
            return;
        };
        let mut samples = Vec::new();
        match ear.hear(READ_WAIT, &mut samples) {
            Ok(Duration::ZERO) => {}
            Ok(_) => {
                self.heard = Some(Instant::now());
                self.samples.extend(samples);
                let most = (wanted.length.as_secs_f64() * f64::from(SAMPLE_RATE)) as usize;
                self.samples.drain(..self.samples.len().saturating_sub(most));
            }
            Err(error) => {
                tracing::info!(code = error.kind.code(), "the microphone was lost between dictations");
                self.ear = None;
                self.samples.clear();
                // What was seen before may be the one that is gone.
                (self.looked, self.look) = (None, None);
                self.connected.clear();
            }
        }
    }

    /// Has a thread look what is connected, since a key that goes down must not wait for that, and takes what it found.
    fn look(&mut self, microphones: &Arc<dyn Microphones>) {
        if !self.connected.is_empty() {
            return; // What was found last comes first.
        }
        match self.look.as_ref().map(Receiver::try_recv) {
            Some(Ok(connected)) => {
                // Where nothing is heard, all are tried again.
                let is_heard = self.ear.is_some();
                let is_here = |id: &str| connected.iter().any(|one| one.id == id);
                self.failed.retain(|(id, at)| is_heard && at.elapsed() < AGAIN && is_here(id));
                self.connected = connected;
                self.look = None;
            }
            Some(Err(TryRecvError::Empty)) => return,
            Some(Err(TryRecvError::Disconnected)) => self.look = None,
            None => {}
        }
        if self.looked.is_some_and(|at| at.elapsed() < LOOK) {
            return;
        }
        self.looked = Some(Instant::now());
        let (found, look) = bounded(1);
        let (microphones, capture) = (Arc::clone(microphones), thread::current());
        let looking = move || {
            if let Ok(connected) = microphones.list() {
                // Nobody receives it when a dictation has begun meanwhile.
                let _ = found.send(connected);
                capture.unpark();
            }
        };
        match thread::Builder::new().name("devices".into()).spawn(looking) {
            Ok(_) => self.look = Some(look),
            Err(error) => tracing::debug!(%error, "nobody looks for microphones"),
        }
    }

    /// Opens the first of the wanted microphones that is connected and has not failed, if it is not the one that is heard.
    /// What is heard stays open until another one is.
    fn follow(&mut self, microphones: &dyn Microphones, permissions: &dyn Permissions) {
        let Some(wanted) = &self.wanted else { return };
        if self.connected.is_empty() {
            return;
        }
        if !is_allowed(permissions) {
            self.connected.clear();
            return;
        }
        let present = self.ear.as_ref().map(|ear| ear.microphone().id.clone());
        let speaks = self.heard.is_some_and(|at| at.elapsed() < LOOK);
        if let Some(id) = present.as_ref().filter(|_| !speaks) {
            self.failed.push((id.clone(), Instant::now()));
            self.ear = None;
            self.samples.clear();
        }
        let failed = |one: &&Microphone| self.failed.iter().any(|(id, _)| *id == one.id);
        let best = wanted.microphones.iter().find_map(|choice| {
            let found = self.connected.iter().find(|one| choice.means(one))?;
            (!failed(&found)).then_some((choice, found))
        });
        let Some((choice, best)) = best.filter(|(_, best)| present.as_ref() != Some(&best.id)) else {
            self.connected.clear();
            return;
        };
        let opened = microphones.open_within(choice, OPEN_LIMIT);
        match opened.and_then(|stream| Ear::new(stream, choice.clone(), wanted.channel)) {
            Ok(ear) => {
                self.ear = Some(ear);
                self.samples.clear();
                self.heard = Some(Instant::now());
                self.connected.clear();
            }
            Err(error) => {
                tracing::debug!(code = error.kind.code(), "not heard between dictations: {error}");
                let failed = best.id.clone();
                self.failed.push((failed, Instant::now()));
            }
        }
    }

    /// Hands over the microphone, if it is one that would be opened now, and what it heard last (16 kHz). Ends a rest.
    pub(super) fn take(&mut self, wanted: &[MicrophoneChoice], channel: ChannelChoice) -> Option<(Ear, Vec<f32>)> {
        self.rests = false;
        let fits = self.wanted.as_ref().is_some_and(|have| have.microphones == wanted && have.channel == channel);
        let taken = self.ear.take().filter(|_| fits).map(|ear| (ear, self.samples.drain(..).collect()));
        self.close();
        taken
    }

    fn close(&mut self) {
        *self = Self { wanted: self.wanted.take(), rests: self.rests, ..Self::default() };
    }
}

/// Whether the microphone may be opened. Never asks for the permission.
fn is_allowed(permissions: &dyn Permissions) -> bool {
    !matches!(
        permissions.state(Permission::Microphone),
        PermissionState::Denied | PermissionState::Restricted | PermissionState::NotAsked
    )
}

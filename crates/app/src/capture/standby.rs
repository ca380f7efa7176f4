//! Listening before the key goes down, for those who ask for it: the last moments of sound, in memory only.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use tawk_core::SAMPLE_RATE;
use tawk_core::microphone::{ChannelChoice, MicrophoneChoice};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{Microphones, Permissions};

use super::READ_WAIT;
use super::ear::Ear;

/// How often it is looked whether the microphone is still the one to hear, and whether one that failed is there again.
const LOOK: Duration = Duration::from_secs(2);

/// How long a microphone may take to open; a key that goes down meanwhile waits for it.
const OPEN_LIMIT: Duration = Duration::from_millis(800);

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
    looked: Option<Instant>,
    heard: Option<Instant>,
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

    /// Hears for a while, at most [`READ_WAIT`]; less when the thread is wanted back.
    pub(super) fn hear(&mut self, microphones: &dyn Microphones, permissions: &dyn Permissions) {
        let Some(wanted) = &self.wanted else { return };
        if self.looked.is_none_or(|at| at.elapsed() >= LOOK) {
            self.looked = Some(Instant::now());
            let is_right = self.ear.as_ref().is_some_and(|ear| is_still_right(ear, wanted, microphones));
            let speaks = self.heard.is_some_and(|at| at.elapsed() < LOOK);
            if !(is_right && speaks) {
                self.ear = None;
                self.samples.clear();
                self.ear = open(wanted, microphones, permissions);
                self.heard = Some(Instant::now());
            }
        }
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
        self.ear = None;
        self.samples = VecDeque::new();
        self.looked = None;
        self.heard = None;
    }
}

/// Whether what is heard is what would be opened now.
fn is_still_right(ear: &Ear, wanted: &PreRoll, microphones: &dyn Microphones) -> bool {
    let Ok(connected) = microphones.list() else { return false };
    let best = wanted.microphones.iter().find_map(|choice| connected.iter().find(|one| choice.means(one)));
    best.is_some_and(|best| best.id == ear.microphone().id)
}

/// Opens the first of the microphones that can be opened. Never asks for the permission.
fn open(wanted: &PreRoll, microphones: &dyn Microphones, permissions: &dyn Permissions) -> Option<Ear> {
    match permissions.state(Permission::Microphone) {
        PermissionState::Denied | PermissionState::Restricted | PermissionState::NotAsked => return None,
        _ => {}
    }
    wanted.microphones.iter().find_map(|choice| {
        let stream = microphones.open_within(choice, OPEN_LIMIT).ok()?;
        Ear::new(stream, choice.clone(), wanted.channel).ok()
    })
}

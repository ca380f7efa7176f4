//! How the capture thread comes to a microphone, and to another one where that is silent or lost.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tawk_core::Result;
use tawk_core::microphone::{ChannelChoice, MicrophoneChoice, Succession};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{OPEN_LIMIT, Permissions};
use tawk_core::session::UtteranceId;

use super::ear::{Ear, may_listen, open_first};
use super::{Command, Loop};

/// How long a microphone that is open may give nothing before the next of the list is tried. CoreAudio opens one without
/// waiting for its sound. A Bluetooth headset's way from music to speech takes up to 3 s [VocaHQ/vocamac pull request 197];
/// one that a phone has taken stays silent.
pub(super) const FIRST_SOUND: Duration = OPEN_LIMIT;

/// How long the microphone of a dictation may take to open while the one before is still being drained. One that takes
/// longer is opened when its turn comes.
const AHEAD_LIMIT: Duration = Duration::from_secs(1);

/// The pause before all microphones are tried again: a sound server that restarts needs some hundred milliseconds.
pub(super) const RECOVERY_PAUSE: Duration = Duration::from_millis(50);

/// How long the first sound of a dictation has been waited for.
pub(super) struct Patience {
    since: Instant,
    /// What gave nothing. None of it is tried again in this dictation, so that the last of a list is waited for.
    silent: Vec<MicrophoneChoice>,
}

impl Patience {
    pub(super) fn new() -> Self {
        Self { since: Instant::now(), silent: Vec::new() }
    }

    /// Waits anew.
    pub(super) fn begin(&mut self) {
        self.since = Instant::now();
    }

    /// Whether another microphone is to be tried. No time passes while the system asks the user whether Tawk may listen.
    pub(super) fn is_over(&mut self, permissions: &dyn Permissions) -> bool {
        if permissions.state(Permission::Microphone) == PermissionState::NotAsked {
            self.begin();
        }
        self.since.elapsed() > FIRST_SOUND
    }
}

impl Loop {
    /// Opens the first of the microphones that can be opened, each within `limit`, if that is allowed.
    pub(super) fn open(
        &mut self,
        utterance: UtteranceId,
        order: &Succession,
        channel: ChannelChoice,
        limit: Duration,
    ) -> Result<Ear> {
        may_listen(self.permissions.as_ref())?;
        let microphones = Arc::clone(&self.microphones);
        open_first(microphones.as_ref(), order, channel, limit, || self.is_stop_waiting(utterance))
    }

    /// Opens the microphone of the next utterance, if that has begun already, so that nothing of it waits for this one. Says
    /// whether it did, which may have taken a while.
    pub(super) fn open_ahead(&mut self) -> bool {
        self.sort_inbox();
        let waiting = self.next.iter().find_map(|command| match command {
            Command::Start { utterance, microphones, channel, .. } => Some((*utterance, microphones.clone(), *channel)),
            _ => None,
        });
        let Some((utterance, microphones, channel)) = waiting else { return false };
        let is_new = self.ahead.as_ref().is_none_or(|(whose, _)| *whose != utterance);
        if is_new {
            let order = Succession::new(microphones);
            let ear = self.open(utterance, &order, channel, AHEAD_LIMIT);
            self.ahead = Some((utterance, ear));
        }
        is_new
    }

    /// Opens another microphone of the list in place of `ear`, from which nothing came. `None` when there is none; then
    /// `ear` is waited for.
    pub(super) fn pass_over(
        &mut self,
        ear: &Ear,
        order: &mut Succession,
        patience: &mut Patience,
        channel: ChannelChoice,
        utterance: UtteranceId,
    ) -> Option<Ear> {
        patience.silent.push(ear.choice.clone());
        order.lost(&ear.choice, Duration::ZERO);
        for choice in order.candidates().to_vec() {
            if patience.silent.contains(&choice) {
                continue;
            }
            if self.is_stop_waiting(utterance) {
                return None;
            }
            let opened = self.microphones.open_within(&choice, OPEN_LIMIT);
            match opened.and_then(|stream| Ear::new(stream, choice.clone(), channel)) {
                // The system's default may be the silent one.
                Ok(other) if other.microphone().id == ear.microphone().id => {
                    order.lost(&choice, Duration::ZERO);
                    patience.silent.push(choice);
                }
                Ok(other) => return Some(other),
                Err(error) => tracing::debug!(code = error.kind.code(), "not in its place: {error}"),
            }
        }
        None
    }

    /// Opens the first microphone of the list that works within `step`, in place of one that was lost. Gives up at
    /// `deadline`, or when the utterance is to end.
    pub(super) fn find_another(
        &mut self,
        order: &Succession,
        channel: ChannelChoice,
        utterance: UtteranceId,
        step: Duration,
        deadline: Instant,
    ) -> Option<Ear> {
        loop {
            for choice in order.candidates() {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() || self.is_stop_waiting(utterance) {
                    return None;
                }
                let opened = self.microphones.open_within(choice, left.min(step));
                match opened.and_then(|stream| Ear::new(stream, choice.clone(), channel)) {
                    Ok(ear) => return Some(ear),
                    Err(error) => tracing::debug!(code = error.kind.code(), "not in its place: {error}"),
                }
            }
            // A stop wakes the thread.
            thread::park_timeout(RECOVERY_PAUSE);
        }
    }
}

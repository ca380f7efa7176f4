//! The speaker's side: keys, commands, and what happens to the desktop session.

use std::time::Duration;

use super::utterance::{Fate, Phase, Utterance};
use super::{CONNECT_BOUND, Effect, KeepReason, Session, UtteranceId};
use crate::ports::{DeskEvent, Sound};

/// How the live utterance ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// The key is down since this moment; letting go ends it, unless that was a tap.
    Held(Duration),
    /// The next press, or a command, ends it.
    Toggled,
}

impl Session {
    pub(super) fn key_pressed(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.key_down {
            return; // Autorepeat, or an edge that got lost.
        }
        self.key_down = true;
        match self.live {
            None => self.begin(Mode::Held(now), now, effects),
            Some(Mode::Toggled) => self.end_live(now, effects),
            Some(Mode::Held(_)) => {} // Cannot be: held means that the key is down.
        }
    }

    pub(super) fn key_released(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        self.key_down = false;
        if let Some(Mode::Held(since)) = self.live {
            if now.saturating_sub(since) < self.rules.tap {
                self.live = Some(Mode::Toggled);
            } else {
                self.end_live(now, effects);
            }
        }
    }

    /// The press was not meant for Tawk: what it began leaves no trace. A dictation that it ended stays ended.
    pub(super) fn key_cancelled(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        self.key_down = false;
        let Some(Mode::Held(_)) = self.live else { return };
        self.close_live(effects);
        if let Some(utterance) = self.utterances.back_mut() {
            if utterance.phase == Phase::Listening {
                effects.push(Effect::Play(Sound::Stop));
            }
            utterance.fate = Fate::Forget;
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }

    pub(super) fn begin(&mut self, mode: Mode, now: Duration, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            return;
        }
        self.forget_aside(effects);
        let id = UtteranceId(self.next_id);
        self.next_id += 1;
        self.trouble = false;
        self.live = Some(mode);
        self.utterances.push_back(Utterance::new(id, now + CONNECT_BOUND, self.rules.by_phrase));
        effects.push(Effect::StartCapture { utterance: id });
    }

    /// The speaker is done: the rest of the sound is drained, and whoever has the focus now gets the text.
    pub(super) fn end_live(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let mode = self.close_live(effects);
        let Some(utterance) = self.utterances.back_mut() else { return };
        utterance.mark_at_end(mode, effects);
        if utterance.phase == Phase::Listening {
            effects.push(Effect::Play(Sound::Stop));
        }
        utterance.drain(now, effects);
    }

    /// Nothing is being spoken any more.
    pub(super) fn close_live(&mut self, effects: &mut Vec<Effect>) -> Option<Mode> {
        self.settle_silence(effects);
        self.live.take()
    }

    /// While something is being spoken, only that is cancelled; otherwise all that is on its way.
    pub(super) fn cancel(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let first = if self.live.is_some() { self.utterances.len().saturating_sub(1) } else { 0 };
        if self.live.is_some() {
            effects.push(Effect::Play(Sound::Stop));
        } else if !self.utterances.iter().any(Utterance::wants_text) {
            return; // All that there is was cancelled before.
        }
        self.forget_aside(effects);
        self.close_live(effects);
        for utterance in self.utterances.range_mut(first..).filter(|u| u.wants_text()) {
            utterance.cancelled = true;
            if utterance.typing {
                effects.push(Effect::StopTyping { utterance: utterance.id });
            }
            if utterance.begun && (utterance.typing || utterance.fate == Fate::Type) {
                // Half of it stands in some window: the other half must not be lost.
                utterance.hold_back(KeepReason::Held);
            } else {
                utterance.withhold(KeepReason::Cancelled);
            }
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }

    pub(super) fn desk(&mut self, event: DeskEvent, now: Duration, effects: &mut Vec<Effect>) {
        let reason = match event {
            DeskEvent::Locked | DeskEvent::Sleeping | DeskEvent::LogoutAsked => KeepReason::Locked,
            DeskEvent::LoggingOut => KeepReason::Quit,
        };
        self.shutting_down |= event == DeskEvent::LoggingOut;
        self.key_down = false; // Nobody tells us of a key that goes up behind the lock screen.
        self.forget_aside(effects);
        for utterance in &mut self.utterances {
            if utterance.typing {
                effects.push(Effect::StopTyping { utterance: utterance.id });
            }
            if event == DeskEvent::LoggingOut {
                utterance.withhold(reason);
            } else {
                utterance.hold_back(reason);
            }
        }
        if self.close_live(effects).is_some()
            && let Some(utterance) = self.utterances.back_mut()
        {
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }
}

//! The guard against a dictation that nobody knows of: a hotkey that is stuck down, or a tap that was forgotten.

use std::time::Duration;

use super::utterance::Phase;
use super::{Effect, KeepReason, Session};
use crate::ports::Sound;
use crate::{Error, ErrorKind};

/// After so long without any voice Tawk asks whether to go on. Nobody who dictates thinks for longer; who reads or has
/// a visitor does.
pub const ASK_AFTER: Duration = Duration::from_secs(5 * 60);

/// So long after it has asked, still without any voice, it ends the dictation. The text is held and not typed: nobody knows
/// who has the focus by now, nor whether anybody is there.
pub const END_AFTER: Duration = Duration::from_secs(5 * 60);

/// The silence in the utterance that is being spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Silence {
    since: Duration,
    /// When the user was asked.
    asked: Option<Duration>,
}

impl Session {
    /// The voice is heard or has fallen silent.
    pub(super) fn voice(&mut self, voiced: bool, now: Duration, effects: &mut Vec<Effect>) {
        let listening = self.utterances.back().is_some_and(|last| last.phase == Phase::Listening);
        if self.live.is_none() || !listening {
            return; // Of the utterance before.
        }
        self.settle_silence(effects);
        if !voiced {
            self.listen_for_silence(now);
        }
    }

    /// From now on nobody speaks.
    pub(super) fn listen_for_silence(&mut self, now: Duration) {
        self.silence = Some(Silence { since: now, asked: None });
    }

    /// The silence is over, or does not matter any more.
    pub(super) fn settle_silence(&mut self, effects: &mut Vec<Effect>) {
        if self.silence.take().is_some_and(|silence| silence.asked.is_some()) {
            effects.push(Effect::StillListening(false));
        }
    }

    /// When [`Session::mind_silence`] has something to do.
    pub(super) fn silence_deadline(&self) -> Option<Duration> {
        let silence = self.silence?;
        Some(silence.asked.map_or(silence.since + ASK_AFTER, |asked| asked + END_AFTER))
    }

    pub(super) fn mind_silence(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.silence_deadline().is_none_or(|deadline| deadline > now) {
            return;
        }
        match &mut self.silence {
            Some(silence) if silence.asked.is_none() => {
                silence.asked = Some(now);
                effects.push(Effect::Play(Sound::Trouble));
                effects.push(Effect::StillListening(true));
            }
            _ => {
                // A key that is stuck does not keep the text back; the typist lets go of it.
                self.key_down = false;
                self.close_live(effects);
                if let Some(utterance) = self.utterances.back_mut() {
                    utterance.hold_back(KeepReason::Held);
                    utterance.ran_on = true;
                    if utterance.phase == Phase::Listening {
                        effects.push(Effect::Play(Sound::Stop));
                    }
                    utterance.drain(now, effects);
                }
            }
        }
    }
}

/// What to ask at [`Effect::StillListening`].
pub fn still_listening() -> Error {
    let minutes = ASK_AFTER.as_secs() / 60;
    let message = format!(
        "Still listening… No voice was heard for {minutes} minutes. Press the hotkey, or choose Stop Dictation in Tawk's \
         menu, to end the dictation."
    );
    Error::new(ErrorKind::NothingHeard, message)
}

/// What to say of a dictation that was ended for want of a voice.
pub(super) fn ended(has_text: bool) -> Error {
    let minutes = (ASK_AFTER + END_AFTER).as_secs() / 60;
    let what = if has_text { ", and typed nothing more" } else { "" };
    Error::new(
        ErrorKind::NothingHeard,
        format!("No voice was heard for {minutes} minutes, so Tawk ended the dictation{what}."),
    )
}

//! What the faces are told.

use std::time::Instant;

use tawk_core::Error;
use tawk_core::microphone::{Microphone, MicrophoneChoice};
use tawk_core::session::Effect;

use super::Conductor;
use crate::capture;
use crate::message::Note;
use crate::recovery::Recovery;
use crate::shared::locked;
use crate::status::{State, Status, Trouble, Waiting};

impl Conductor {
    pub(super) fn hears(&mut self, microphone: Microphone) {
        let advice = microphone.is_bluetooth && !self.advised && self.shared.settings().microphone.bluetooth_advice;
        self.advised |= advice;
        self.spoken.microphone(&microphone.name);
        self.tell(|status| {
            status.microphone = microphone.name;
            if advice {
                status.note = Some(Note::Bluetooth.tell());
            }
        });
    }

    /// Brings about what is true of the session as long as it is in this state.
    pub(super) fn follow(&mut self) {
        if self.shared.listens_to_hotkey {
            let keys = if self.session.is_live() { self.shared.settings().cancel_keys() } else { Vec::new() };
            self.escape.take(keys);
        }
        let can_undo = self.session.can_undo();
        let backlog = self.samples.backlog(self.session.waiting());
        let waiting = backlog.is_notable().then(|| Waiting::from(backlog));
        self.tell(|status| {
            status.can_undo = can_undo;
            status.waiting = waiting;
        });
    }

    pub(super) fn remember(&mut self, text: String) {
        *locked(&self.shared.last_text) = Some(text);
        self.tell(|status| status.has_last_text = true);
    }

    pub(super) fn recovery(&mut self, news: Recovery) {
        match news {
            Recovery::Notice(notice) => self.tell(|status| status.notice = Some(notice)),
            Recovery::Done { text, notice } => {
                if !text.is_empty() {
                    self.remember(text);
                }
                self.tell(|status| status.notice = Some(notice));
            }
            Recovery::Failed(error) => {
                self.tell(|status| status.notice = None);
                self.perform(Effect::Report(error), Instant::now());
            }
        }
    }

    /// The last text from before this start, unless there is a newer one.
    pub(super) fn recall(&mut self, text: Option<String>) {
        let is_known = locked(&self.shared.last_text).is_some();
        match text {
            Some(text) if !is_known => self.remember(text),
            Some(_) => {}
            None => {
                *locked(&self.shared.last_text) = None;
                self.tell(|status| status.has_last_text = false);
            }
        }
    }

    /// Brings what the settings say into the status.
    pub(super) fn refresh(&mut self) {
        let settings = self.shared.settings();
        let model = self.shared.model_path();
        // Only who listens to the hotkey may be asked to begin at any moment.
        let pre_roll = settings.microphone.pre_roll().filter(|_| self.shared.listens_to_hotkey).map(|length| {
            let (microphones, channel) = (settings.microphones(), settings.channel());
            capture::PreRoll { microphones, channel, length }
        });
        self.capture.send(capture::Command::PreRoll(pre_roll));
        self.tell(|status| {
            status.hotkey = settings.hotkey().to_string();
            status.microphone = match settings.microphone.list().first() {
                Some(first) if first.choice() != MicrophoneChoice::SystemDefault => first.label().to_owned(),
                _ => String::new(),
            };
            status.model_is_demo = model.as_ref().is_ok_and(|path| tawk_store::is_demo_file(path));
            status.model = match &model {
                Ok(path) => tawk_store::id_of(path),
                Err(_) => String::new(),
            };
        });
    }

    pub(super) fn report(&mut self, error: &Error) {
        tracing::warn!(code = error.kind.code(), "{error}");
        self.tell_trouble(Some(error));
    }

    pub(super) fn tell_trouble(&mut self, error: Option<&Error>) {
        let trouble = error.or(self.standing.as_ref()).map(Trouble::from);
        let idle = self.session.is_idle();
        self.tell(|status| {
            status.trouble = trouble;
            if idle {
                status.state = if status.trouble.is_some() { State::Trouble } else { State::Idle };
            }
        });
    }

    /// Changes the status and tells the listener if it is really another.
    pub(super) fn tell(&mut self, change: impl FnOnce(&mut Status)) {
        let mut status = locked(&self.shared.status);
        let before = status.clone();
        change(&mut status);
        if *status == before {
            return;
        }
        let now = status.clone();
        drop(status);
        self.hud.status(&now);
        self.shared.listener.status_changed(&now);
    }
}

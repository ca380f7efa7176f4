//! What the state machine wants done.

use std::time::Instant;

use tawk_core::recognition::AbortSwitch;
use tawk_core::session::{self, Effect, Face, KeepReason, UtteranceId};
use tawk_core::settings::would_be_garbled;
use tawk_store::history::Dictation;
use tawk_store::journal::Fate;

use super::Conductor;
use crate::capture;
use crate::journal::Entry;
use crate::playback;
use crate::recogniser::Job;
use crate::shared::locked;
use crate::status::State;
use crate::timing::Stopwatch;
use crate::trial;
use crate::typing::{Insertion, Order, StopSwitch};

impl Conductor {
    pub(super) fn perform(&mut self, effect: Effect, at: Instant) {
        match effect {
            Effect::StartCapture { utterance } => {
                self.hud.began(utterance, at);
                let settings = self.shared.settings();
                let command = capture::Command::Start {
                    utterance,
                    microphones: settings.microphones(),
                    channel: settings.channel(),
                    ahead: settings.recognition.ahead,
                };
                // The microphone would hear it.
                playback::stop(&self.shared);
                trial::stop(&self.shared);
                self.samples.open(utterance);
                self.spoken.begin(utterance, &settings, &locked(&self.shared.status).model);
                self.watches.insert(utterance, Stopwatch::start(at));
                self.notices.begun();
                self.shared.platform.focus.look_at_field();
                self.capture.send(command);
                let app = self.shared.platform.focus.current().ok().flatten().map(|target| target.app);
                let _ = self.journal.sender().send(Entry::App(utterance, app.unwrap_or_default()));
                self.recogniser.send(Job::Warm);
                self.typist.send(Order::Warm);
                self.tell(|status| (status.notice, status.note) = (None, None));
                self.tell_trouble(None);
            }
            Effect::StopCapture { utterance } => {
                self.watch(utterance, |watch| watch.released(at));
                self.capture.send(capture::Command::Stop { utterance, at });
            }
            Effect::MarkTarget { utterance, phrase } => {
                let target = self.shared.platform.focus.current();
                self.spoken.target(utterance, &target);
                self.targets.insert((utterance, phrase), target);
                self.shared.platform.focus.look_at_field();
            }
            Effect::Recognise { utterance, index, prompt, .. } => {
                let began = Instant::now();
                let samples = self.samples.begin(utterance, index, began);
                self.withholding.forget(utterance, index);
                self.abort = AbortSwitch::default();
                let abort = self.abort.clone();
                self.watch(utterance, |watch| watch.recogniser_began(began));
                let span = self.spans.get(&(utterance, index)).copied().unwrap_or_default();
                self.recogniser.send(Job::Recognise { utterance, index, span, samples, prompt, abort });
            }
            Effect::AbortRecognition { .. } => self.abort.abort(),
            Effect::Drafted { utterance, index, used } => {
                // Of a draft that came to nothing the segment's samples are still wanted.
                if used {
                    self.samples.remove(utterance, index);
                }
                self.watch(utterance, |watch| watch.drafted(used));
            }
            Effect::Type { utterance, phrase, text } => self.insert(utterance, phrase, text),
            Effect::StopTyping { .. } => self.stop.stop(),
            Effect::Hold { utterance, text } => {
                self.hud.held();
                self.spoken.held(utterance, &text);
                if !self.shared.settings().history.enabled {
                    locked(&self.shared.held).push(text.trim_end().to_owned());
                    self.shared.listener.history_changed();
                }
                self.remember(text);
            }
            Effect::DiscardRecording { utterance } => self.close(utterance, None),
            Effect::KeepRecording { utterance, reason } => self.close(utterance, Some(reason)),
            Effect::ReviseRecording { utterance, reason } => self.revise(utterance, reason),
            Effect::Forget { utterance } => {
                self.samples.forget(utterance);
                self.spans.retain(|(id, _), _| *id != utterance);
                self.targets.retain(|(id, _), _| *id != utterance);
                self.spoken.forget(utterance);
            }
            Effect::StillListening(asks) => {
                tracing::info!(asks, "nobody speaks");
                let question = asks.then(session::still_listening);
                if let Some(question) = &question {
                    // Whoever forgot it may not look at the screen's edge.
                    self.notices.question(&self.shared, question);
                }
                self.tell_trouble(question.as_ref());
            }
            Effect::Report(error) => {
                self.notices.dictation(&self.shared, &error);
                self.report(&error);
            }
            Effect::Play(sound) => {
                let sounds = self.shared.settings().sound;
                if sounds.enabled {
                    self.shared.platform.sounds.play(sound, sounds.volume);
                }
            }
            Effect::Show(face) => {
                tracing::debug!(?face, "shows");
                self.tell(|status| {
                    let troubled = face == Face::Idle && status.trouble.is_some();
                    status.state = if troubled { State::Trouble } else { face.into() };
                });
            }
        }
    }

    fn insert(&mut self, utterance: UtteranceId, phrase: Option<u32>, text: String) {
        self.watch(utterance, |watch| watch.text(Instant::now()));
        let settings = self.shared.settings();
        self.spoken.typed(utterance, &text);
        let before = self.said.take().filter(|(id, _)| *id == utterance).map(|(_, said)| said);
        let said = before.unwrap_or_default() + &text;
        self.remember(said.trim_end().to_owned());
        self.said = Some((utterance, said));
        self.stop = StopSwitch::default();
        let target = self.targets.get(&(utterance, phrase)).cloned().unwrap_or(Ok(None));
        let app = target.as_ref().ok().and_then(Option::as_ref);
        let typing = settings.typing_into(app.and_then(|app| app.app_id.as_deref()), tawk_platform::usual_units());
        let garbled = app.filter(|_| typing.holds).map(|app| would_be_garbled(&app.app));
        self.typist.send(Order::Type(Insertion {
            utterance,
            text,
            target: garbled.map_or(target, Err),
            plan: typing.plan,
            style: typing.style,
            stop: self.stop.clone(),
        }));
    }

    /// The end of what was given to the typist was not typed: if it is given once more, it is said once.
    pub(super) fn unsay(&mut self, utterance: UtteranceId, rest: &str) {
        if let Some((id, said)) = &mut self.said
            && *id == utterance
            && said.ends_with(rest)
        {
            said.truncate(said.len() - rest.len());
        }
    }

    /// The utterance is over.
    pub(super) fn close(&mut self, utterance: UtteranceId, kept: Option<KeepReason>) {
        let withheld = self.withholding.take(utterance);
        self.tell(|status| status.withheld = withheld.len());
        let timing = self.watches.remove(&utterance).map(|watch| watch.timing());
        let dictation = self.spoken.over(utterance, kept, Some(&timing.unwrap_or_default()), withheld);
        let _ = self.journal.sender().send(match self.fate(kept, dictation.as_ref()) {
            Some(fate) => Entry::Keep(utterance, fate),
            None => Entry::Discard(utterance),
        });
        self.history.over(utterance, dictation);
        if let Some(timing) = timing {
            tracing::info!(
                %utterance,
                audio_ms = timing.audio,
                release_to_text_ms = timing.release_to_text,
                release_to_first_key_ms = timing.release_to_first_key,
                own_overhead_ms = timing.own_overhead,
                key_to_first_picture_ms = timing.key_to_first_picture,
                segments = timing.segments,
                drafts_used = timing.drafts_used,
                drafts_in_vain = timing.drafts_in_vain,
                in_vain_ms = timing.in_vain,
                "dictation over"
            );
            self.shared.listener.timed(&timing);
        }
    }

    /// The utterance whose cancelling was undone is over once more.
    fn revise(&mut self, utterance: UtteranceId, kept: Option<KeepReason>) {
        let withheld = self.withholding.take(utterance);
        let dictation = self.spoken.over(utterance, kept, None, withheld);
        self.tell(|status| status.withheld = dictation.as_ref().map_or(0, |dictation| dictation.withheld.len()));
        let fate = self.fate(kept, dictation.as_ref());
        let _ = self.journal.sender().send(Entry::Revise(utterance, fate));
        self.history.over(utterance, dictation);
    }

    /// What becomes of the recording; `None`: it is not needed.
    fn fate(&self, kept: Option<KeepReason>, dictation: Option<&Dictation>) -> Option<Fate> {
        let wanted = dictation.is_some() && self.history.wants_audio(&self.shared.settings().history);
        kept.map(Fate::Kept).or(wanted.then_some(Fate::Delivered))
    }
}

//! Tapes: what happens, in simulated time, and what Tawk then does.
//!
//! `d`, `u`, `chord`: hotkey down, up, and found to be part of another chord; `t:400`: 400 ms pass; `first`, `voice`,
//! `silent`, `phrase`, `pause:until`, `on`, `seg:until`, `end`, `lost`: the microphone's events of the newest utterance;
//! `say:text`, `fail`, `aborted`: the recogniser's answer; `typed`, `stopped:rest` by the focus, `halted:rest` by Tawk:
//! the typist's; `toggle`, `cancel`, `undo`, `again:text`, `lock`, `ask-logout`, `logout`, `tick`.

mod again;
mod dictation;
mod drafts;
mod phrases;
mod runaway;
mod undo;

use std::collections::BTreeSet;
use std::time::Duration;

use super::*;
use crate::ports::DeskEvent;

struct Tape {
    session: Session,
    now: Duration,
    newest: u64,
    segments: u32,
    asked: Option<(UtteranceId, u32)>,
    typing: Option<UtteranceId>,
    forgotten: BTreeSet<UtteranceId>,
    log: Vec<String>,
}

impl Tape {
    fn new() -> Self {
        let rules = Rules { language: Some("en".into()), ..Rules::default() };
        Self {
            session: Session::new(rules),
            now: Duration::from_secs(1),
            newest: 0,
            segments: 0,
            asked: None,
            typing: None,
            forgotten: BTreeSet::new(),
            log: Vec::new(),
        }
    }

    fn play(&mut self, tape: &str) -> String {
        self.log.clear();
        for word in tape.split(';').map(str::trim).filter(|w| !w.is_empty()) {
            let (name, value) = word.split_once(':').unwrap_or((word, ""));
            let newest = UtteranceId(self.newest);
            let lost = Error::new(ErrorKind::MicrophoneLost, "gone");
            let event = match name {
                "d" => Event::Key(KeyEdge::Down),
                "u" => Event::Key(KeyEdge::Up),
                "chord" => Event::Key(KeyEdge::Cancelled),
                "toggle" => Event::Toggle,
                "cancel" => Event::Cancel,
                "undo" => Event::Undo,
                "again" => Event::TypeAgain(value.into()),
                "voice" => Event::Voice(true),
                "silent" => Event::Voice(false),
                "phrase" => Event::Phrase { utterance: newest, index: self.segments },
                "first" => Event::FirstSamples { utterance: newest },
                "seg" => {
                    self.segments += 1;
                    let until = value.parse().unwrap_or(0);
                    Event::Segment { utterance: newest, index: self.segments - 1, until }
                }
                "pause" => {
                    Event::Draft { utterance: newest, index: self.segments, until: value.parse().expect("samples") }
                }
                "on" => Event::DraftOver { utterance: newest },
                "end" => Event::CaptureEnded { utterance: newest, length: Duration::from_secs(3), error: None },
                "brushed" => Event::CaptureEnded { utterance: newest, length: Duration::from_millis(400), error: None },
                "lost" => Event::CaptureEnded { utterance: newest, length: Duration::from_secs(3), error: Some(lost) },
                "say" => self.answer(Ok(value.into())),
                "fail" => self.answer(Err(Error::new(ErrorKind::Internal, "broken"))),
                "aborted" => self.answer(Err(Error::new(ErrorKind::Aborted, "aborted"))),
                "typed" => Event::Typed { utterance: self.typing.take().expect("typing"), end: TypingEnd::Complete },
                "stopped" => self.stopped(value, Error::new(ErrorKind::FocusMoved, "The focus moved.")),
                "halted" => self.stopped(value, Error::new(ErrorKind::Aborted, "Typing was stopped.")),
                "lock" => Event::Desk(DeskEvent::Locked),
                "ask-logout" => Event::Desk(DeskEvent::LogoutAsked),
                "logout" => Event::Desk(DeskEvent::LoggingOut),
                "tick" => Event::Tick,
                "t" => {
                    self.now += Duration::from_millis(value.parse().expect("ms"));
                    continue;
                }
                _ => panic!("no such word on a tape: {word}"),
            };
            for effect in self.session.step(event, self.now) {
                self.note(effect);
            }
        }
        self.log.join("; ")
    }

    fn answer(&mut self, result: Result<String, Error>) -> Event {
        let (utterance, index) = self.asked.take().expect("the recogniser was asked");
        Event::Recognised { utterance, index, result }
    }

    fn stopped(&mut self, rest: &str, error: Error) -> Event {
        let end = TypingEnd::Stopped { rest: rest.into(), error };
        Event::Typed { utterance: self.typing.take().expect("typing"), end }
    }

    fn note(&mut self, effect: Effect) {
        let line = match effect {
            Effect::StartCapture { utterance } => {
                self.newest = utterance.0;
                self.segments = 0;
                format!("start {utterance}")
            }
            Effect::StopCapture { utterance } => format!("stop {utterance}"),
            Effect::MarkTarget { utterance, phrase: None } => format!("mark {utterance}"),
            Effect::MarkTarget { utterance, phrase: Some(index) } => format!("mark {utterance}.{index}"),
            Effect::Recognise { utterance, index, prompt, draft } => {
                assert_eq!(self.asked.replace((utterance, index)), None, "one at a time");
                let what = if draft { "draft" } else { "recognise" };
                format!("{what} {utterance}.{index} [{prompt}]")
            }
            Effect::Drafted { utterance, used: true, .. } => format!("hit {utterance}"),
            Effect::Drafted { utterance, used: false, .. } => format!("miss {utterance}"),
            Effect::AbortRecognition { utterance } => format!("abort {utterance}"),
            Effect::Type { utterance, phrase, text } => {
                assert_eq!(self.typing.replace(utterance), None, "one at a time");
                let target = phrase.map(|index| format!(".{index}")).unwrap_or_default();
                format!("type {utterance}{target} [{text}]")
            }
            Effect::StopTyping { utterance } => format!("stop-typing {utterance}"),
            Effect::Hold { utterance, text } => format!("hold {utterance} [{text}]"),
            Effect::DiscardRecording { utterance } => format!("discard {utterance}"),
            Effect::KeepRecording { utterance, reason } => format!("keep {utterance} {reason:?}"),
            Effect::ReviseRecording { utterance, reason: Some(reason) } => format!("revise {utterance} {reason:?}"),
            Effect::ReviseRecording { utterance, reason: None } => format!("revise {utterance} arrived"),
            Effect::Report(error) => format!("report {}", error.kind.code()),
            Effect::StillListening(true) => "ask".into(),
            Effect::StillListening(false) => "asked enough".into(),
            Effect::Play(_) => return,
            Effect::Forget { utterance } => {
                assert!(self.forgotten.insert(utterance), "forgotten twice");
                return;
            }
            Effect::Show(face) => format!("{face:?}"),
        };
        self.log.push(line);
    }
}

#[track_caller]
fn check(tape: &mut Tape, happens: &str, expected: &str) {
    assert_eq!(tape.play(happens), expected, "after: {happens}");
}

//! The session: what happens from key-down to the last typed character, as a pure state machine.
//!
//! [`Session::step`] takes one [`Event`] and the time since some fixed start, and returns what must be
//! done as [`Effect`]s. It never waits and never looks at a clock. Utterances overlap: while one is still being
//! recognised or typed, the key may start the next. They are typed in the order in which they were spoken.

mod event;
mod utterance;

#[cfg(test)]
mod random;
#[cfg(test)]
mod tapes;

use std::collections::VecDeque;
use std::time::Duration;

pub use event::{Effect, Event, Face, KeepReason, TypingEnd, UtteranceId};
use utterance::{Fate, Phase, Segment as SegmentState, Utterance};

use crate::ports::{DeskEvent, KeyEdge, Sound};
use crate::text::{self, Ending};
use crate::{Error, ErrorKind};

/// How long opening the microphone may take before the dictation is given up. A Bluetooth headset needs about
/// 0.4 s, a sound server that must be started a few seconds.
pub const CONNECT_BOUND: Duration = Duration::from_secs(15);

/// How long the capture may take to hand over its last samples after the key was let go.
pub const DRAIN_BOUND: Duration = Duration::from_secs(5);

/// A recording without any voice is thrown away if it is shorter than this: the key was brushed. A longer one is
/// kept, in case the voice was too quiet to be found.
pub const BRUSHED: Duration = Duration::from_secs(2);

/// How much of the text so far goes into a prompt, in characters: a few sentences, so that the vocabulary, which stands
/// before it, is never cut.
const PROMPT_CONTEXT: usize = 240;

/// The settings that the session decides by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// A press shorter than this starts a dictation that the next press ends.
    pub tap: Duration,
    /// What follows every dictated text.
    pub ending: Ending,
    /// The language of the text, if known, for joining.
    pub language: Option<String>,
    /// Words that the recogniser should expect; put before the text so far.
    pub vocabulary: String,
}

impl Default for Rules {
    fn default() -> Self {
        Self { tap: Duration::from_millis(300), ending: Ending::default(), language: None, vocabulary: String::new() }
    }
}

/// How the live utterance ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// The key is down since this moment; letting go ends it, unless that was a tap.
    Held(Duration),
    /// The next press, or a command, ends it.
    Toggled,
}

/// A recognition under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Run {
    utterance: UtteranceId,
    index: u32,
    purpose: Purpose,
}

/// What becomes of a recognition's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Purpose {
    Segment,
    Draft,
    /// A draft that was overtaken by more speech.
    InVain,
}

/// The state machine. See the module's text.
#[derive(Debug)]
pub struct Session {
    rules: Rules,
    next_id: u64,
    /// Whether the hotkey's main key is down; its grab would swallow what is typed.
    key_down: bool,
    /// The utterance that is being spoken, always the last of `utterances`.
    live: Option<Mode>,
    /// In the order of speech.
    utterances: VecDeque<Utterance>,
    /// What the recogniser works on. It stays busy until it answers, aborted or not.
    recogniser: Option<Run>,
    trouble: bool,
    face: Face,
    shutting_down: bool,
}

impl Session {
    /// A session at rest.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            next_id: 1,
            key_down: false,
            live: None,
            utterances: VecDeque::new(),
            recogniser: None,
            trouble: false,
            face: Face::Idle,
            shutting_down: false,
        }
    }

    /// Takes new settings. They hold for what is joined and typed from now on.
    pub fn set_rules(&mut self, rules: Rules) {
        self.rules = rules;
    }

    /// What the icon shows.
    pub fn face(&self) -> Face {
        self.face
    }

    /// Whether nothing is being heard, recognised or typed. The recogniser may still be busy with a run that was
    /// aborted.
    pub fn is_idle(&self) -> bool {
        self.utterances.is_empty()
    }

    /// When [`Event::Tick`] must be sent at the latest, if at all.
    pub fn deadline(&self) -> Option<Duration> {
        self.utterances.iter().filter_map(|u| u.deadline).min()
    }

    /// Takes one event, that happened `now` after the start, and says what to do.
    pub fn step(&mut self, event: Event, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match event {
            Event::Key(KeyEdge::Down) => self.key_pressed(now, &mut effects),
            Event::Key(KeyEdge::Up) => self.key_released(now, &mut effects),
            Event::Key(KeyEdge::Cancelled) => self.key_cancelled(now, &mut effects),
            Event::Toggle if self.live.is_some() => self.end_live(now, &mut effects),
            Event::Toggle => self.begin(Mode::Toggled, now, &mut effects),
            Event::Cancel => self.cancel(now, &mut effects),
            Event::FirstSamples { utterance } => self.first_samples(utterance, &mut effects),
            Event::Draft { utterance, index, until } => self.draft(utterance, index, until, &mut effects),
            Event::DraftOver { utterance } => self.draft_over(utterance, &mut effects),
            Event::Segment { utterance, index, until } => self.segment(utterance, index, until, &mut effects),
            Event::CaptureEnded { utterance, length, error } => {
                self.capture_ended(utterance, length, error, &mut effects);
            }
            Event::Recognised { utterance, index, result } => self.recognised(utterance, index, result, &mut effects),
            Event::Typed { utterance, end } => self.typed(utterance, end, &mut effects),
            Event::Desk(desk) => self.desk(desk, now, &mut effects),
            Event::Tick => self.tick(now, &mut effects),
        }
        self.advance(&mut effects);
        self.show(&mut effects);
        effects
    }

    fn key_pressed(&mut self, now: Duration, effects: &mut Vec<Effect>) {
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

    fn key_released(&mut self, now: Duration, effects: &mut Vec<Effect>) {
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
    fn key_cancelled(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        self.key_down = false;
        let Some(Mode::Held(_)) = self.live else { return };
        self.live = None;
        if let Some(utterance) = self.utterances.back_mut() {
            if utterance.phase == Phase::Listening {
                effects.push(Effect::Play(Sound::Stop));
            }
            utterance.fate = Fate::Forget;
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }

    fn begin(&mut self, mode: Mode, now: Duration, effects: &mut Vec<Effect>) {
        if self.shutting_down {
            return;
        }
        let id = UtteranceId(self.next_id);
        self.next_id += 1;
        self.trouble = false;
        self.live = Some(mode);
        self.utterances.push_back(Utterance::new(id, now + CONNECT_BOUND));
        effects.push(Effect::StartCapture { utterance: id });
    }

    /// The speaker is done: the rest of the sound is drained, and whoever has the focus now gets the text.
    fn end_live(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        self.live = None;
        let Some(utterance) = self.utterances.back_mut() else { return };
        effects.push(Effect::MarkTarget { utterance: utterance.id });
        if utterance.phase == Phase::Listening {
            effects.push(Effect::Play(Sound::Stop));
        }
        utterance.drain(now, effects);
    }

    fn cancel(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.live.is_some() {
            effects.push(Effect::Play(Sound::Stop));
            self.withhold_live(KeepReason::Cancelled, now, effects);
            return;
        }
        for utterance in &mut self.utterances {
            match utterance.phase {
                Phase::Typing => effects.push(Effect::StopTyping { utterance: utterance.id }),
                _ => utterance.withhold(KeepReason::Cancelled),
            }
        }
        self.abort_unwanted(effects);
    }

    fn withhold_live(&mut self, reason: KeepReason, now: Duration, effects: &mut Vec<Effect>) {
        self.live = None;
        if let Some(utterance) = self.utterances.back_mut() {
            utterance.withhold(reason);
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }

    /// Stops the recogniser if what it works on is not wanted any more.
    fn abort_unwanted(&self, effects: &mut Vec<Effect>) {
        let Some(run) = self.recogniser else { return };
        let wanted = self.utterances.iter().any(|u| u.id == run.utterance && u.wants_text());
        if !wanted {
            effects.push(Effect::AbortRecognition { utterance: run.utterance });
        }
    }

    fn first_samples(&mut self, id: UtteranceId, effects: &mut Vec<Effect>) {
        if let Some(utterance) = self.find(id)
            && utterance.phase == Phase::Connecting
        {
            utterance.phase = Phase::Listening;
            utterance.deadline = None;
            effects.push(Effect::Play(Sound::Start));
        }
    }

    fn draft(&mut self, id: UtteranceId, index: u32, until: u64, effects: &mut Vec<Effect>) {
        self.draft_over(id, effects);
        if let Some(utterance) = self.find(id) {
            utterance.add_draft(index, until);
        }
    }

    fn draft_over(&mut self, id: UtteranceId, effects: &mut Vec<Effect>) {
        let Some(draft) = self.find(id).and_then(|utterance| utterance.draft.take()) else { return };
        if draft.state != SegmentState::Waiting {
            effects.push(Effect::Drafted { utterance: id, used: false });
        }
        if draft.state == SegmentState::Sent
            && let Some(run) = self.recogniser.as_mut().filter(|run| run.utterance == id)
        {
            run.purpose = Purpose::InVain;
            effects.push(Effect::AbortRecognition { utterance: id });
        }
    }

    fn segment(&mut self, id: UtteranceId, index: u32, until: u64, effects: &mut Vec<Effect>) {
        let Some(utterance) = self.find(id) else { return };
        match utterance.add_segment(index, until) {
            Some(SegmentState::Done(_)) => effects.push(Effect::Drafted { utterance: id, used: true }),
            Some(SegmentState::Sent) => {
                effects.push(Effect::Drafted { utterance: id, used: true });
                if let Some(run) = self.recogniser.as_mut().filter(|run| run.utterance == id) {
                    run.purpose = Purpose::Segment;
                }
            }
            Some(SegmentState::Waiting) => {}
            None => self.draft_over(id, effects),
        }
    }

    fn capture_ended(&mut self, id: UtteranceId, length: Duration, error: Option<Error>, effects: &mut Vec<Effect>) {
        let was_live = self.live.is_some() && self.utterances.back().is_some_and(|u| u.id == id);
        let Some(utterance) = self.find(id).filter(|u| u.capturing()) else { return };
        if was_live && utterance.phase == Phase::Listening {
            // The microphone ended it, not the speaker. What was heard goes to the app that has the focus now.
            effects.push(Effect::MarkTarget { utterance: id });
        }
        utterance.phase = Phase::Recognising;
        utterance.deadline = None;
        utterance.length = length;
        if let Some(error) = error {
            utterance.fail(error.clone());
            self.report(error, effects);
        }
        if was_live {
            self.live = None;
        }
    }

    fn recognised(&mut self, id: UtteranceId, index: u32, result: Result<String, Error>, effects: &mut Vec<Effect>) {
        let Some(run) = self.recogniser.take_if(|run| run.utterance == id && run.index == index) else { return };
        let Some(utterance) = self.find(id).filter(|u| u.wants_text()) else { return };
        match result {
            _ if run.purpose == Purpose::InVain => {}
            Ok(text) if run.purpose == Purpose::Draft => {
                if let Some(draft) = &mut utterance.draft {
                    draft.state = SegmentState::Done(text);
                }
            }
            // The segment itself is recognised when it is closed, and tells what is wrong.
            Err(_) if run.purpose == Purpose::Draft => utterance.draft = None,
            Ok(text) => utterance.set_text(index, text),
            Err(error) => {
                utterance.set_text(index, String::new());
                utterance.incomplete = true;
                utterance.fail(error.clone());
                self.report(error, effects);
            }
        }
    }

    fn typed(&mut self, id: UtteranceId, end: TypingEnd, effects: &mut Vec<Effect>) {
        let Some(at) = self.utterances.iter().position(|u| u.id == id && u.phase == Phase::Typing) else { return };
        let Some(utterance) = self.utterances.remove(at) else { return };
        match end {
            TypingEnd::Complete if utterance.failure.is_none() => {
                effects.push(Effect::DiscardRecording { utterance: id });
            }
            TypingEnd::Complete => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            TypingEnd::Stopped { rest, error } => {
                effects.push(Effect::Hold { utterance: id, text: rest });
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Held });
                self.report(error, effects);
            }
        }
    }

    fn desk(&mut self, event: DeskEvent, now: Duration, effects: &mut Vec<Effect>) {
        let reason = match event {
            DeskEvent::Locked | DeskEvent::Sleeping => KeepReason::Locked,
            DeskEvent::LoggingOut => KeepReason::Quit,
        };
        self.shutting_down |= event == DeskEvent::LoggingOut;
        self.key_down = false; // Nobody tells us of a key that goes up behind the lock screen.
        for utterance in &mut self.utterances {
            match utterance.phase {
                Phase::Typing => effects.push(Effect::StopTyping { utterance: utterance.id }),
                _ if event == DeskEvent::LoggingOut => utterance.withhold(reason),
                _ => utterance.hold_back(reason),
            }
        }
        if self.live.take().is_some()
            && let Some(utterance) = self.utterances.back_mut()
        {
            utterance.drain(now, effects);
        }
        self.abort_unwanted(effects);
    }

    fn tick(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        let late: Vec<UtteranceId> =
            self.utterances.iter().filter(|u| u.deadline.is_some_and(|d| d <= now)).map(|u| u.id).collect();
        for id in late {
            let error = Error::new(
                ErrorKind::MicrophoneBusy,
                "The microphone does not answer. Connect it again or choose another one in Tawk's menu.",
            );
            effects.push(Effect::StopCapture { utterance: id });
            self.capture_ended(id, BRUSHED, Some(error), effects);
        }
    }

    fn report(&mut self, error: Error, effects: &mut Vec<Effect>) {
        if error.kind == ErrorKind::Aborted {
            return;
        }
        if !self.trouble {
            effects.push(Effect::Play(Sound::Trouble));
        }
        self.trouble = true;
        effects.push(Effect::Report(error));
    }

    /// Starts what has become possible: finishing, typing, recognising.
    fn advance(&mut self, effects: &mut Vec<Effect>) {
        while let Some(at) = self.utterances.iter().position(|u| u.is_over()) {
            if let Some(utterance) = self.utterances.remove(at) {
                self.finish(&utterance, effects);
            }
        }
        self.type_next(effects);
        self.recognise_next(effects);
    }

    /// Ends an utterance that has nothing to type.
    fn finish(&mut self, utterance: &Utterance, effects: &mut Vec<Effect>) {
        let id = utterance.id;
        let text = self.text_of(utterance);
        match utterance.fate {
            Fate::Type if utterance.incomplete => {
                if !text.is_empty() {
                    effects.push(Effect::Hold { utterance: id, text });
                }
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            Fate::Type if utterance.failure.is_some() => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::Failed });
            }
            Fate::Type if utterance.segments() > 0 => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::NothingHeard });
                self.report(nothing_heard("No words were understood. Speak up or come closer"), effects);
            }
            Fate::Type if utterance.length >= BRUSHED => {
                effects.push(Effect::KeepRecording { utterance: id, reason: KeepReason::NothingHeard });
                let advice = "No voice was heard. See in Tawk's menu that the right microphone is chosen, and that it is not muted";
                self.report(nothing_heard(advice), effects);
            }
            Fate::Type | Fate::Forget => effects.push(Effect::DiscardRecording { utterance: id }),
            Fate::Hold(reason) => {
                if !text.is_empty() {
                    effects.push(Effect::Hold { utterance: id, text });
                    self.report(locked(), effects);
                }
                effects.push(Effect::KeepRecording { utterance: id, reason });
            }
            Fate::Drop(reason) => effects.push(Effect::KeepRecording { utterance: id, reason }),
        }
    }

    /// Types the first utterance if its text is whole. Those after it wait, so that the order of speech is kept.
    fn type_next(&mut self, effects: &mut Vec<Effect>) {
        if self.key_down {
            return;
        }
        let Some(first) = self.utterances.front() else { return };
        if first.phase != Phase::Recognising || !first.has_all_texts() {
            return;
        }
        let text = text::with_ending(&self.text_of(first), self.rules.ending);
        if let Some(first) = self.utterances.front_mut() {
            first.phase = Phase::Typing;
            effects.push(Effect::Type { utterance: first.id, text });
        }
    }

    fn recognise_next(&mut self, effects: &mut Vec<Effect>) {
        if self.recogniser.is_some() {
            return;
        }
        let pending = self.utterances.iter().enumerate();
        let segment = pending.clone().find_map(|(at, u)| Some((at, u.next_segment()?, Purpose::Segment)));
        let draft = || pending.clone().find_map(|(at, u)| Some((at, u.next_draft()?, Purpose::Draft)));
        let Some((at, index, purpose)) = segment.or_else(draft) else { return };
        let prompt = self.prompt(&self.utterances[at]);
        let utterance = &mut self.utterances[at];
        match &mut utterance.draft {
            Some(draft) if purpose == Purpose::Draft => draft.state = SegmentState::Sent,
            _ => utterance.mark_sent(index),
        }
        let draft = purpose == Purpose::Draft;
        self.recogniser = Some(Run { utterance: utterance.id, index, purpose });
        effects.push(Effect::Recognise { utterance: utterance.id, index, prompt, draft });
    }

    fn text_of(&self, utterance: &Utterance) -> String {
        text::join(&utterance.texts(), self.rules.language.as_deref())
    }

    fn prompt(&self, utterance: &Utterance) -> String {
        let so_far = text::tail(&self.text_of(utterance), PROMPT_CONTEXT);
        match (self.rules.vocabulary.is_empty(), so_far.is_empty()) {
            (_, true) => self.rules.vocabulary.clone(),
            (true, false) => so_far,
            (false, false) => format!("{} {so_far}", self.rules.vocabulary),
        }
    }

    fn show(&mut self, effects: &mut Vec<Effect>) {
        let face = match self.utterances.back() {
            Some(utterance) if self.live.is_some() => match utterance.phase {
                Phase::Connecting => Face::Connecting,
                _ => Face::Listening,
            },
            Some(_) => Face::Working,
            None if self.trouble => Face::Trouble,
            None => Face::Idle,
        };
        if face != self.face {
            self.face = face;
            effects.push(Effect::Show(face));
        }
    }

    fn find(&mut self, id: UtteranceId) -> Option<&mut Utterance> {
        self.utterances.iter_mut().find(|u| u.id == id)
    }
}

fn nothing_heard(advice: &str) -> Error {
    Error::new(ErrorKind::NothingHeard, format!("{advice}; the recording is kept."))
}

fn locked() -> Error {
    let message = "The screen was locked, so nothing was typed. Copy Last Text in Tawk's menu has it.";
    Error::new(ErrorKind::FocusMoved, message)
}

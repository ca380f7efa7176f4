//! Where the words are when a dictation ends otherwise than typed. Every such end is told with a sentence that names it.

use crate::Error;

/// Where the words of a dictation are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// As text, under Copy Last Text.
    LastText,
    /// As sound, among the kept recordings.
    Recording,
    /// Nothing was heard.
    Nowhere,
}

impl Place {
    /// What the user looks for: the words of the sentence that name the place.
    const fn name(self) -> &'static str {
        match self {
            Self::LastText => "Copy Last Text",
            Self::Recording => "recording is kept",
            Self::Nowhere => "",
        }
    }

    const fn sentence(self) -> &'static str {
        match self {
            Self::LastText => " The text is kept: choose Copy Last Text in Tawk's menu and paste it where you want it.",
            Self::Recording => {
                " The recording is kept: Recognise Again under History in Tawk's window gives its text. Without a history, \
                 tawk transcribe does, and tawk doctor names the folder."
            }
            Self::Nowhere => "",
        }
    }

    /// `error` with a sentence that names this place, unless it does already.
    pub(super) fn named(self, mut error: Error) -> Error {
        if !error.message.contains(self.name()) {
            error.message.push_str(self.sentence());
        }
        error
    }
}

#[cfg(test)]
mod tests {
    //! Every end of a dictation that is not its whole text being typed.

    use std::time::Duration;

    use super::super::{ASK_AFTER, CONNECT_BOUND, DRAIN_BOUND, Effect, Event, Rules, Session, TypingEnd, UtteranceId};
    use super::*;
    use crate::ErrorKind;
    use crate::ports::{DeskEvent, KeyEdge};

    const ONE: UtteranceId = UtteranceId(1);
    const LONG: Duration = Duration::from_secs(3);

    /// What happens, one after the other; `wait` lets time pass until the session asks for a tick.
    fn play(tape: &str) -> Vec<Effect> {
        let (mut session, mut now) = (Session::new(Rules::default()), Duration::from_secs(1));
        let broken = |kind: ErrorKind| Error::new(kind, "It is broken. Mend it.");
        let mut effects = Vec::new();
        for word in tape.split_whitespace() {
            now += Duration::from_millis(400);
            let (name, value) = word.split_once(':').unwrap_or((word, ""));
            let kind = ErrorKind::ALL.into_iter().find(|kind| kind.code() == value);
            let failed = || broken(kind.expect("a kind's code"));
            let event = match name {
                "down" => Event::Key(KeyEdge::Down),
                "up" => Event::Key(KeyEdge::Up),
                "first" => Event::FirstSamples { utterance: ONE },
                "segment" => Event::Segment { utterance: ONE, index: value.parse().expect("an index"), until: 0 },
                "end" => Event::CaptureEnded { utterance: ONE, length: LONG, error: None },
                "lost" => Event::CaptureEnded { utterance: ONE, length: LONG, error: Some(failed()) },
                "say" => Event::Recognised {
                    utterance: ONE,
                    index: value.parse().expect("an index"),
                    result: Ok("Hello.".into()),
                },
                "hush" => Event::Recognised {
                    utterance: ONE,
                    index: value.parse().expect("an index"),
                    result: Ok(String::new()),
                },
                "fail" => Event::Recognised { utterance: ONE, index: 0, result: Err(failed()) },
                "typed" => Event::Typed { utterance: ONE, end: TypingEnd::Complete },
                "stopped" => {
                    Event::Typed { utterance: ONE, end: TypingEnd::Stopped { rest: "lo.".into(), error: failed() } }
                }
                "lock" => Event::Desk(DeskEvent::Locked),
                "cancel" => Event::Cancel,
                "hush-for-long" => {
                    now += ASK_AFTER;
                    Event::Tick
                }
                "wait" => {
                    now += CONNECT_BOUND + DRAIN_BOUND;
                    Event::Tick
                }
                _ => panic!("no such word on a tape: {word}"),
            };
            effects.extend(session.step(event, now));
        }
        assert!(session.is_idle(), "{tape}");
        effects
    }

    #[test]
    fn every_failing_end_names_where_the_words_are() {
        let heard = "down first up segment:0 end";
        let mut tapes: Vec<(String, &[Place])> = vec![
            // The microphone.
            ("down lost:no-microphone up".into(), &[]),
            ("down lost:microphone-denied up".into(), &[]),
            ("down up wait".into(), &[]),
            ("down wait up".into(), &[]),
            ("down first up wait".into(), &[Place::Recording]),
            ("down first lost:microphone-lost up".into(), &[Place::Recording]),
            ("down first segment:0 lost:microphone-lost up say:0 typed".into(), &[Place::Recording]),
            ("down first up lost:nothing-heard".into(), &[Place::Recording]),
            ("down first up end".into(), &[Place::Recording]),
            // The recogniser.
            (format!("{heard} hush:0"), &[Place::Recording]),
            // Not all was typed, and not all was heard.
            (
                "down first segment:0 lost:microphone-lost up say:0 stopped:focus-moved".into(),
                &[Place::Recording, Place::LastText],
            ),
            // Nobody spoke any more.
            ("down first segment:0 say:0 hush-for-long hush-for-long end".into(), &[Place::LastText]),
            ("down first hush-for-long hush-for-long end".into(), &[Place::Recording]),
            // The screen.
            ("down first lock segment:0 end say:0".into(), &[Place::LastText]),
        ];
        for kind in ErrorKind::ALL.into_iter().filter(|kind| *kind != ErrorKind::Aborted) {
            let code = kind.code();
            tapes.push((format!("{heard} fail:{code}"), &[Place::Recording]));
            tapes.push((format!("down first segment:0 segment:1 up end fail:{code}"), &[Place::Recording]));
            tapes.push((format!("{heard} say:0 stopped:{code}"), &[Place::LastText]));
        }
        for (tape, places) in tapes {
            let effects = play(&tape);
            let told: Vec<&str> = effects
                .iter()
                .filter_map(|effect| match effect {
                    Effect::Report(error) => Some(error.message.as_str()),
                    _ => None,
                })
                .collect();
            assert!(!told.is_empty(), "nobody is told: {tape}");
            assert!(told.iter().all(|sentence| sentence.ends_with('.')), "{tape}: {told:?}");
            for place in [Place::LastText, Place::Recording] {
                let named = told.iter().filter(|sentence| sentence.contains(place.name())).count();
                assert_eq!(named, usize::from(places.contains(&place)), "{place:?} after {tape}: {told:?}");
            }
            // What is named is there.
            let held = effects.iter().any(|effect| matches!(effect, Effect::Hold { text, .. } if !text.is_empty()));
            let kept = effects.iter().any(|effect| matches!(effect, Effect::KeepRecording { .. }));
            assert!(kept, "{tape}");
            assert_eq!(held, places.contains(&Place::LastText), "{tape}");
        }
    }

    #[test]
    fn an_end_on_request_and_a_good_one_are_not_told() {
        for tape in [
            "down first up segment:0 end say:0 typed",
            "down first up segment:0 end say:0 cancel stopped:aborted",
            "down first cancel end up",
        ] {
            let effects = play(tape);
            assert!(!effects.iter().any(|effect| matches!(effect, Effect::Report(_))), "{tape}");
            let decided =
                |effect: &&Effect| matches!(effect, Effect::KeepRecording { .. } | Effect::DiscardRecording { .. });
            assert_eq!(effects.iter().filter(decided).count(), 1, "{tape}");
        }
    }
}

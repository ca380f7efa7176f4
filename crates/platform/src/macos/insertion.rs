//! Which key events a stroke becomes, and what is checked before each. Knows no system call: `typist` sends the
//! events.

use std::time::{Duration, Instant};

use tawk_core::hotkey::Hotkey;
use tawk_core::keystroke::{Keystroke, MAX_UNITS_PER_STROKE};
use tawk_core::ports::{TypedSoFar, TypingStyle};
use tawk_core::{Error, ErrorKind, Result};

use super::addressee::Addressee;
use super::keycodes;

/// The pause between two looks at the keys that the user still holds.
pub(super) const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// After a question who is in front, so many times as long as it took passes before the next.
const QUESTION_SHARE: u32 = 4;

/// The key code of an event whose text has no key of its own, or is more than a character. Most apps take the text, not the
/// code; 0 is what others send as well.
const TEXT_CODE: u16 = 0;

/// One event to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KeyEvent<'a> {
    /// The virtual key code.
    pub(crate) code: u16,
    /// Whether the key goes down or up.
    pub(crate) down: bool,
    /// Whether the event says that Shift is held. No event says so of another modifier.
    pub(crate) shift: bool,
    /// What the event types, instead of what the key code would.
    pub(crate) text: Option<&'a str>,
}

/// The keyboard as `insert` needs it.
pub(crate) trait Keyboard {
    /// Whether the system lets Tawk type.
    fn is_allowed(&self) -> bool;

    /// Whether secure input is on: then the system drops what Tawk types.
    fn secure_input(&self) -> bool;

    /// The app that has the keyboard at this moment, by its process id; `None` when the system does not say.
    fn app(&self) -> Option<u64>;

    /// Whether the app with the process id `target` is frontmost, by the system's other way of naming it, brought up to date first,
    /// which takes some milliseconds; `None` when that says nothing.
    fn is_frontmost(&self, target: u64) -> Option<bool>;

    /// Whether an input method turns keys into text, and not a keyboard layout alone. Takes some milliseconds.
    fn has_input_method(&self) -> bool;

    /// Whether the user holds a modifier, or the main key of `hotkey`.
    fn is_held(&self, hotkey: Option<Hotkey>) -> bool;

    /// Posts `events` in order, or none of them; says whether it did.
    fn post(&mut self, events: &[KeyEvent<'_>]) -> bool;

    /// The time.
    fn now(&self) -> Instant;

    /// Waits for `time`.
    fn sleep(&mut self, time: Duration);
}

/// Types `strokes`; see [`tawk_core::ports::Typist::type_strokes`].
pub(crate) fn insert(
    keyboard: &mut impl Keyboard,
    strokes: &[Keystroke],
    style: &TypingStyle,
    go_on: &mut dyn FnMut() -> bool,
) -> Result<TypedSoFar> {
    if !keyboard.is_allowed() {
        return Err(not_allowed());
    }
    if keyboard.secure_input() {
        return Err(secure_input());
    }
    // An app that reads the keyboard's own state, not the event's, sees the modifiers that the user holds, and
    // takes text for shortcuts (Handy issues 595 and 2051). After the wait, the events' own flags must do.
    let deadline = keyboard.now() + style.release_wait;
    while keyboard.is_held(style.hotkey) && keyboard.now() < deadline {
        if !go_on() {
            return Ok(TypedSoFar::whole(0));
        }
        keyboard.sleep(LOOK_AGAIN);
    }
    // An input method is asked about every key first, and one of a letter's own is what it composes with.
    let has_layout = !keyboard.has_input_method();
    let Some(mut addressee) = Addressee::find(keyboard, style.target, go_on) else { return Ok(TypedSoFar::whole(0)) };
    let mut next_question = keyboard.now();
    for (sent, stroke) in strokes.iter().enumerate() {
        if !go_on() {
            return Ok(TypedSoFar::whole(sent));
        }
        // `go_on` may know of another app late; so this is asked too, and after it only what takes no time. Between it and the
        // key there is still a moment. An answer that takes its time must not make every character take it.
        if keyboard.now() >= next_question {
            let began = keyboard.now();
            let app = keyboard.app();
            next_question = keyboard.now() + QUESTION_SHARE * (keyboard.now() - began);
            if !addressee.is_still_there(app, keyboard, go_on) {
                return Ok(TypedSoFar::whole(sent));
            }
        }
        if keyboard.secure_input() {
            return stopped(sent, secure_input());
        }
        // Whoever reads the keyboard's own state takes Q for Command-Q while the user holds Command.
        let has_own_codes = has_layout && !keyboard.is_held(None);
        if !keyboard.post(&events(stroke, has_own_codes)) {
            return stopped(sent, no_event());
        }
        if !style.pace.is_zero() {
            keyboard.sleep(style.pace);
        }
    }
    Ok(TypedSoFar::whole(strokes.len()))
}

/// The events of one stroke. Every key goes down *and* up: with key-downs only, terminals repeated fragments
/// (Handy issues 692 and 1693). With `has_own_codes` a character goes with the code of its own key, see [`text_code`].
fn events(stroke: &Keystroke, has_own_codes: bool) -> Vec<KeyEvent<'_>> {
    let pieces: Vec<(u16, bool, Option<&str>)> = match stroke {
        Keystroke::Text(text) => {
            let code = |piece| if has_own_codes { text_code(piece) } else { TEXT_CODE };
            pieces(text).map(|piece| (code(piece), false, Some(piece))).collect()
        }
        // A text event that starts with a line break fails without an error (enigo issue 260), so these are keys.
        Keystroke::Return => vec![(keycodes::RETURN, false, None)],
        Keystroke::ShiftReturn => vec![(keycodes::RETURN, true, None)],
        Keystroke::Tab => vec![(keycodes::TAB, false, None)],
    };
    let down_and_up = |(code, shift, text)| [true, false].map(|down| KeyEvent { code, down, shift, text });
    pieces.into_iter().flat_map(down_and_up).collect()
}

/// The key code that goes with `piece`. An app that takes the text does not see it. One that translates the code instead and
/// ignores the text (gpui did, tty7 pull request 132) gets at least the right letters where the layout agrees, in place of
/// “a” for each; Quicksilver does the same (pull request 1827). No flag says that Shift is held: a flag that is not the
/// user's is what garbles text, so such an app gets small letters.
///
/// These keys only print, and do without modifiers what they do under the user's own fingers.
fn text_code(piece: &str) -> u16 {
    let mut characters = piece.chars();
    match (characters.next(), characters.next()) {
        (Some(only), None) => keycodes::text_code(only).unwrap_or(TEXT_CODE),
        _ => TEXT_CODE,
    }
}

/// Cuts `text` where it is longer than an event can carry. Only a single grapheme may be, such as a family of emoji
/// with skin tones; cut between its characters, it grows together again in the app, while one event would lose its
/// end.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut units = 0;
        let end = rest.char_indices().find_map(|(at, c)| {
            units += c.len_utf16();
            (units > MAX_UNITS_PER_STROKE).then_some(at)
        });
        let (piece, remainder) = rest.split_at(end.unwrap_or(rest.len()));
        rest = remainder;
        (!piece.is_empty()).then_some(piece)
    })
}

/// An error is for when nothing was typed; afterwards the count says how far it came.
fn stopped(sent: usize, error: Error) -> Result<TypedSoFar> {
    if sent == 0 { Err(error) } else { Ok(TypedSoFar::whole(sent)) }
}

/// The system does not let Tawk type.
pub(crate) fn not_allowed() -> Error {
    Error::new(
        ErrorKind::TypingDenied,
        "macOS does not let Tawk type. Allow it in System Settings, Privacy & Security, Accessibility.",
    )
}

fn secure_input() -> Error {
    Error::new(
        ErrorKind::SecureInput,
        "A password field or another app's secure input holds the keyboard, so nothing can be typed. Leave the \
         field, or paste the text elsewhere.",
    )
}

fn no_event() -> Error {
    Error::new(ErrorKind::Internal, "macOS made no key event. Try again; if it happens again, start Tawk anew.")
}

#[cfg(test)]
mod tests {
    use super::super::addressee::AGREEMENT;
    use super::*;
    use std::cell::Cell;
    use std::ops::Range;

    /// A keyboard in simulated time that writes down what it posts.
    struct Tape {
        start: Instant,
        elapsed: Duration,
        allowed: bool,
        /// Held until then.
        held_for: Duration,
        /// Held while so many events have been posted.
        held_between: Option<Range<usize>>,
        /// Secure input is on from the time when this many events have been posted.
        secure_after: usize,
        /// No event can be made once this many have been posted.
        fails_after: usize,
        /// What the system calls the app that has the keyboard, from the time when so many events have been posted.
        apps: Vec<(usize, u64)>,
        /// From the time when so many events have been posted, the system names none, until this time.
        silences: Vec<(usize, Duration)>,
        /// Whether the target is frontmost, by the system's other way of naming it.
        frontmost: Option<bool>,
        input_method: bool,
        posted: Vec<(u16, bool, bool, Option<String>)>,
        hotkey: Cell<Option<Hotkey>>,
    }

    impl Tape {
        fn new() -> Self {
            Self {
                start: Instant::now(),
                elapsed: Duration::ZERO,
                allowed: true,
                held_for: Duration::ZERO,
                held_between: None,
                secure_after: usize::MAX,
                fails_after: usize::MAX,
                apps: Vec::new(),
                silences: Vec::new(),
                frontmost: None,
                input_method: false,
                posted: Vec::new(),
                hotkey: Cell::new(None),
            }
        }

        fn type_all(&mut self, strokes: &[Keystroke], style: &TypingStyle) -> Result<TypedSoFar> {
            insert(self, strokes, style, &mut || true)
        }
    }

    impl Keyboard for Tape {
        fn is_allowed(&self) -> bool {
            self.allowed
        }
        fn secure_input(&self) -> bool {
            self.posted.len() >= self.secure_after
        }
        fn app(&self) -> Option<u64> {
            let is_silent = |(posted, until): &(usize, Duration)| self.posted.len() >= *posted && self.elapsed < *until;
            if self.silences.iter().any(is_silent) {
                return None;
            }
            self.apps.iter().rfind(|(posted, _)| self.posted.len() >= *posted).map(|(_, app)| *app)
        }
        fn is_frontmost(&self, target: u64) -> Option<bool> {
            assert_eq!(target, TARGET);
            self.frontmost
        }
        fn has_input_method(&self) -> bool {
            self.input_method
        }
        fn is_held(&self, hotkey: Option<Hotkey>) -> bool {
            self.hotkey.set(hotkey.or(self.hotkey.get()));
            self.elapsed < self.held_for || self.held_between.as_ref().is_some_and(|at| at.contains(&self.posted.len()))
        }
        fn post(&mut self, events: &[KeyEvent<'_>]) -> bool {
            if self.posted.len() >= self.fails_after {
                return false;
            }
            self.posted.extend(events.iter().map(|e| (e.code, e.down, e.shift, e.text.map(String::from))));
            true
        }
        fn now(&self) -> Instant {
            self.start + self.elapsed
        }
        fn sleep(&mut self, time: Duration) {
            self.elapsed += time;
        }
    }

    fn text(text: &str) -> Keystroke {
        Keystroke::Text(text.into())
    }

    fn three() -> [Keystroke; 3] {
        [text("q"), Keystroke::Return, text("b")]
    }

    #[test]
    fn every_stroke_goes_down_and_up_and_only_shift_return_has_a_flag() {
        let mut tape = Tape::new();
        let strokes = [text("né"), text("N"), text("é"), Keystroke::Return, Keystroke::ShiftReturn, Keystroke::Tab];
        assert_eq!(tape.type_all(&strokes, &TypingStyle::default()), Ok(TypedSoFar::whole(6)));
        assert_eq!(
            tape.posted,
            [
                (0, true, false, Some("né".into())),
                (0, false, false, Some("né".into())),
                (0x2D, true, false, Some("N".into())),
                (0x2D, false, false, Some("N".into())),
                (0, true, false, Some("é".into())),
                (0, false, false, Some("é".into())),
                (36, true, false, None),
                (36, false, false, None),
                (36, true, true, None),
                (36, false, true, None),
                (48, true, false, None),
                (48, false, false, None),
            ]
        );
    }

    #[test]
    fn a_grapheme_that_no_event_can_carry_is_cut_between_characters() {
        let family = "👩🏽\u{200d}❤\u{fe0f}\u{200d}💋\u{200d}👨🏿\u{200d}👩🏽\u{200d}🦰\u{200d}👧🏽";
        assert!(family.encode_utf16().count() > MAX_UNITS_PER_STROKE);
        let mut tape = Tape::new();
        assert_eq!(tape.type_all(&[text(family)], &TypingStyle::default()), Ok(TypedSoFar::whole(1)));
        let typed: Vec<String> = tape.posted.iter().filter(|event| event.1).filter_map(|e| e.3.clone()).collect();
        assert_eq!(typed.concat(), family);
        assert_eq!(typed.len(), 2);
        assert!(typed.iter().all(|piece| piece.encode_utf16().count() <= MAX_UNITS_PER_STROKE));

        let exact = "a".repeat(MAX_UNITS_PER_STROKE);
        assert_eq!(pieces(&exact).collect::<Vec<_>>(), [exact.as_str()]);
        assert_eq!(pieces("").count(), 0);
    }

    #[test]
    fn the_pace_follows_each_stroke_and_nothing_waits_before_the_first() {
        let mut tape = Tape::new();
        let style = TypingStyle { pace: Duration::from_millis(8), ..TypingStyle::default() };
        tape.type_all(&three(), &style).unwrap();
        assert_eq!(tape.elapsed, Duration::from_millis(24));
    }

    #[test]
    fn held_keys_are_waited_for_but_not_for_ever() {
        let style = TypingStyle { pace: Duration::ZERO, ..TypingStyle::default() };
        let hotkey: Hotkey = "Ctrl+Alt+Space".parse().unwrap();
        let style = TypingStyle { hotkey: Some(hotkey), ..style };
        let mut tape = Tape::new();
        tape.held_for = Duration::from_millis(100);
        tape.type_all(&three(), &style).unwrap();
        assert_eq!(tape.elapsed, Duration::from_millis(100));
        assert_eq!(tape.hotkey.get(), Some(hotkey));

        let mut tape = Tape::new();
        tape.held_for = Duration::MAX;
        assert_eq!(tape.type_all(&three(), &style), Ok(TypedSoFar::whole(3)));
        assert_eq!(tape.elapsed, style.release_wait);
        let codes = |tape: &Tape| tape.posted.iter().map(|event| event.0).collect::<Vec<_>>();
        assert_eq!(codes(&tape), [0, 0, 36, 36, 0, 0], "with a modifier held no letter has its own key");

        // Held anew in the middle of the text, and let go.
        let mut tape = Tape::new();
        tape.held_between = Some(2..4);
        tape.type_all(&[text("q"), text("w"), text("b")], &style).unwrap();
        assert_eq!(codes(&tape), [12, 12, 0, 0, 11, 11]);
    }

    #[test]
    fn without_permission_nothing_is_posted() {
        let mut tape = Tape::new();
        tape.allowed = false;
        let error = tape.type_all(&three(), &TypingStyle::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::TypingDenied);
        assert_eq!(tape.posted, []);
    }

    #[test]
    fn secure_input_holds_everything_back_or_stops_in_the_middle() {
        let mut tape = Tape::new();
        tape.secure_after = 0;
        let error = tape.type_all(&three(), &TypingStyle::default()).unwrap_err();
        assert_eq!(error.kind, ErrorKind::SecureInput);
        assert_eq!(tape.posted, []);

        tape.secure_after = 2;
        assert_eq!(tape.type_all(&three(), &TypingStyle::default()), Ok(TypedSoFar::whole(1)));
        assert_eq!(tape.posted.len(), 2);
    }

    #[test]
    fn secure_input_that_begins_while_keys_are_held_is_noticed_before_the_first_stroke() {
        struct Late(Tape);
        impl Keyboard for Late {
            fn is_allowed(&self) -> bool {
                true
            }
            fn secure_input(&self) -> bool {
                self.0.elapsed > Duration::ZERO
            }
            fn app(&self) -> Option<u64> {
                self.0.app()
            }
            fn is_frontmost(&self, target: u64) -> Option<bool> {
                self.0.is_frontmost(target)
            }
            fn has_input_method(&self) -> bool {
                self.0.has_input_method()
            }
            fn is_held(&self, hotkey: Option<Hotkey>) -> bool {
                self.0.is_held(hotkey)
            }
            fn post(&mut self, events: &[KeyEvent<'_>]) -> bool {
                self.0.post(events)
            }
            fn now(&self) -> Instant {
                self.0.now()
            }
            fn sleep(&mut self, time: Duration) {
                self.0.sleep(time);
            }
        }
        let mut late = Late(Tape::new());
        late.0.held_for = Duration::from_millis(50);
        let error = insert(&mut late, &three(), &TypingStyle::default(), &mut || true).unwrap_err();
        assert_eq!(error.kind, ErrorKind::SecureInput);
        assert_eq!(late.0.posted, []);
    }

    const TARGET: u64 = 10;

    fn at_target() -> TypingStyle {
        TypingStyle { target: Some(TARGET), pace: Duration::ZERO, ..TypingStyle::default() }
    }

    #[test]
    fn another_app_ends_typing_though_the_caller_has_not_heard_of_it() {
        let mut tape = Tape::new();
        tape.apps = vec![(0, TARGET), (4, 11)];
        assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(2)));
        assert_eq!((tape.posted.len(), tape.elapsed), (4, Duration::ZERO));
    }

    #[test]
    fn another_app_before_the_first_stroke_gets_nothing_once_the_caller_hears_of_it() {
        let mut tape = Tape::new();
        tape.apps = vec![(0, 11)];
        let mut asked = 0;
        let mut go_on = || {
            asked += 1;
            asked <= 5
        };
        assert_eq!(insert(&mut tape, &three(), &at_target(), &mut go_on), Ok(TypedSoFar::whole(0)));
        assert_eq!(tape.posted, []);
        assert!(tape.elapsed < AGREEMENT);
    }

    #[test]
    fn an_app_whose_keyboard_goes_by_another_name_is_typed_into_until_that_changes() {
        let mut tape = Tape::new();
        tape.apps = vec![(0, 11), (4, 12)];
        assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(2)));
        assert_eq!(tape.elapsed, AGREEMENT);
    }

    #[test]
    fn another_name_is_believed_unless_another_app_is_in_front() {
        for (frontmost, typed) in [(None, 3), (Some(true), 3), (Some(false), 0)] {
            let mut tape = Tape::new();
            (tape.apps, tape.frontmost) = (vec![(0, 11)], frontmost);
            assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(typed)), "{frontmost:?}");
            assert_eq!(tape.elapsed, AGREEMENT);
        }
    }

    #[test]
    fn silence_after_the_targets_name_holds_the_keys_back_until_it_is_named_again_or_for_a_while() {
        // For a moment.
        let moment = Duration::from_millis(20);
        let mut tape = Tape::new();
        (tape.apps, tape.silences) = (vec![(0, TARGET)], vec![(2, moment)]);
        assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(3)));
        assert_eq!(tape.elapsed, moment);

        // An app that is never named, of which the caller hears meanwhile.
        let mut tape = Tape::new();
        (tape.apps, tape.silences) = (vec![(0, TARGET)], vec![(2, Duration::MAX)]);
        let mut asked = 0;
        let mut go_on = || {
            asked += 1;
            asked <= 5
        };
        assert_eq!(insert(&mut tape, &three(), &at_target(), &mut go_on), Ok(TypedSoFar::whole(1)));
        assert_eq!(tape.posted.len(), 2);
        assert!(tape.elapsed < AGREEMENT);

        // Nobody hears of anything: silence is how it is from then on, unless another app is in front for certain.
        for (frontmost, typed) in [(None, 3), (Some(true), 3), (Some(false), 1)] {
            let mut tape = Tape::new();
            (tape.apps, tape.silences, tape.frontmost) = (vec![(0, TARGET)], vec![(2, Duration::MAX)], frontmost);
            assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(typed)), "{frontmost:?}");
            assert_eq!((tape.elapsed, tape.posted.len()), (AGREEMENT, 2 * typed));
        }

        // Another app at the end of the silence, and one that is named after a silence that is usual.
        let mut tape = Tape::new();
        (tape.apps, tape.silences) = (vec![(0, TARGET), (2, 11)], vec![(2, moment)]);
        assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(1)));
        let mut tape = Tape::new();
        (tape.apps, tape.silences) = (vec![(0, TARGET), (4, 11)], vec![(2, AGREEMENT + moment)]);
        let style = TypingStyle { pace: moment, ..at_target() };
        assert_eq!(tape.type_all(&three(), &style), Ok(TypedSoFar::whole(2)));
    }

    #[test]
    fn a_target_that_is_named_only_later_is_missed_when_it_falls_silent() {
        let mut tape = Tape::new();
        let moment = Duration::from_millis(20);
        (tape.apps, tape.silences) = (vec![(0, TARGET)], vec![(0, moment), (4, Duration::MAX)]);
        let style = TypingStyle { pace: moment, ..at_target() };
        tape.frontmost = Some(false);
        assert_eq!(tape.type_all(&three(), &style), Ok(TypedSoFar::whole(2)));
    }

    #[test]
    fn an_input_method_gets_no_letters_own_code() {
        let mut tape = Tape::new();
        tape.input_method = true;
        assert_eq!(tape.type_all(&three(), &TypingStyle::default()), Ok(TypedSoFar::whole(3)));
        assert_eq!(tape.posted.iter().map(|event| event.0).collect::<Vec<_>>(), [0, 0, 36, 36, 0, 0]);
    }

    #[test]
    fn where_the_system_does_not_say_or_nobody_minds_all_is_typed() {
        let mut tape = Tape::new();
        assert_eq!(tape.type_all(&three(), &at_target()), Ok(TypedSoFar::whole(3)));
        let mut tape = Tape::new();
        tape.apps = vec![(0, 11), (2, 12)];
        assert_eq!(tape.type_all(&three(), &TypingStyle { target: None, ..at_target() }), Ok(TypedSoFar::whole(3)));
        assert_eq!(tape.elapsed, Duration::ZERO);
    }

    #[test]
    fn the_caller_can_stop_it_anywhere() {
        for allowed in 0..4 {
            let mut tape = Tape::new();
            let mut asked = 0;
            let mut go_on = || {
                asked += 1;
                asked <= allowed
            };
            let typed = insert(&mut tape, &three(), &TypingStyle::default(), &mut go_on).unwrap();
            assert_eq!(typed.strokes, allowed.min(3));
            assert_eq!(tape.posted.len(), 2 * typed.strokes);
        }

        let mut tape = Tape::new();
        tape.held_for = Duration::MAX;
        let style = TypingStyle { release_wait: Duration::from_secs(5), ..TypingStyle::default() };
        let typed = insert(&mut tape, &three(), &style, &mut || false).unwrap();
        assert_eq!((typed.strokes, tape.elapsed), (0, Duration::ZERO));
    }

    #[test]
    fn an_event_that_cannot_be_made_ends_it() {
        let mut tape = Tape::new();
        tape.fails_after = 0;
        assert_eq!(tape.type_all(&three(), &TypingStyle::default()).unwrap_err().kind, ErrorKind::Internal);
        tape.fails_after = 4;
        assert_eq!(tape.type_all(&three(), &TypingStyle::default()), Ok(TypedSoFar::whole(2)));
    }
}

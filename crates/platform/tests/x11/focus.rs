//! Who has the focus.

use std::time::{Duration, Instant};

use tawk_core::keystroke::{PlanStyle, plan, rest_of};
use tawk_core::ports::{Target, TypedSoFar, TypingStyle};
use unicode_segmentation::UnicodeSegmentation as _;
use x11rb::protocol::xproto::{ConnectionExt as _, InputFocus};

use crate::hands::Hands;
use crate::receiver::Receiver;

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_target_is_the_top_level_window() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let focus = tawk_platform::native().focus;
    let Some(receiver) = Receiver::open(&hands, "focus") else { return };
    let Target { id, app, app_id } = focus.current().unwrap().unwrap();
    assert_eq!(id, u64::from(receiver.window));
    assert!(!app.is_empty());
    assert!(app_id.is_none_or(|id| id == app), "both are the window's class");

    let inner = hands.conn.query_tree(receiver.window).unwrap().reply().unwrap().children;
    for child in inner {
        hands.conn.set_input_focus(InputFocus::PARENT, child, 0u32).unwrap();
        assert_eq!(focus.current().unwrap().unwrap().id, u64::from(receiver.window));
    }

    hands.conn.set_input_focus(InputFocus::NONE, InputFocus::NONE, 0u32).unwrap().check().unwrap();
    assert_eq!(focus.current(), Ok(None));
    assert!(!focus.secure_input());
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_focus_moves_at_any_moment_and_no_key_goes_astray() {
    if !crate::is_inner_run() {
        return;
    }
    type_while_the_focus_moves(&crate::text::hard_text(2000), "aimed");
}

/// Nearly every cut between two keys would be one within a grapheme.
#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_focus_moves_at_any_moment_and_no_grapheme_is_torn_apart() {
    if !crate::is_inner_run() {
        return;
    }
    type_while_the_focus_moves(&crate::text::long_graphemes(2000), "torn");
}

/// The focus is moved at random moments, and nobody asks for it between strokes: only what is made sure of at each
/// grapheme keeps the text together.
fn type_while_the_focus_moves(text: &str, title: &str) {
    const MOVES: usize = 40;
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, title) else { return };
    let Some(other) = Receiver::open(&hands, "astray") else { return };
    let give = |window: u32| {
        hands.conn.set_input_focus(InputFocus::PARENT, window, 0u32).unwrap().check().unwrap();
    };
    let boundaries: Vec<usize> = text.grapheme_indices(true).map(|(byte, _)| byte).chain([text.len()]).collect();
    let style = TypingStyle { pace: Duration::ZERO, target: Some(receiver.window.into()), ..TypingStyle::default() };
    let mut typist = tawk_platform::native().typists.open().unwrap();
    let mut random = std::process::id() | 1;
    eprintln!("seed {random}");
    let (mut left, mut moves) = (text.to_owned(), 0);
    while !left.is_empty() {
        give(receiver.window);
        let strokes = plan(&left, PlanStyle::default());
        let moving = moves < MOVES;
        // From the first key on, which comes up to some 20 ms after the start.
        // Marsaglia's xorshift.
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        let delay = Duration::from_micros(u64::from(random % 120_000));
        let typed = std::thread::scope(|scope| {
            if moving {
                scope.spawn(|| {
                    std::thread::sleep(delay);
                    give(other.window);
                });
            }
            typist.type_strokes(&strokes, &style, &mut || true).unwrap()
        });
        moves += usize::from(moving);
        left = rest_of(&strokes, typed);
        let typed_so_far = text.strip_suffix(left.as_str()).unwrap();
        assert!(boundaries.contains(&typed_so_far.len()), "torn apart before {:?}", left.get(..30).unwrap_or(&left));
        receiver.expect(typed_so_far);
        assert_eq!(other.text().as_deref(), Some(""), "after {moves} moves");
    }
    eprintln!("{moves} moves of the focus, none of {} characters astray", text.chars().count());
    assert!(moves >= 20, "the text was typed after only {moves} moves");
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn a_target_that_closes_ends_typing_soon() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let receiver = Receiver::open(&hands, "closing").unwrap();
    let style = TypingStyle { target: Some(receiver.window.into()), ..TypingStyle::default() };
    let strokes = plan(&crate::text::hard_text(2000), PlanStyle::default());
    let mut typist = tawk_platform::native().typists.open().unwrap();
    let closed = std::thread::scope(|scope| {
        let closing = scope.spawn(|| {
            std::thread::sleep(Duration::from_millis(400));
            drop(receiver);
            Instant::now()
        });
        let typed = typist.type_strokes(&strokes, &style, &mut || true).unwrap();
        assert!(typed.strokes < strokes.len(), "{typed:?}");
        closing.join().unwrap()
    });
    assert!(closed.elapsed() < Duration::from_secs(2), "{:?}", closed.elapsed());
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn without_a_focus_nothing_is_typed() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let Some(receiver) = Receiver::open(&hands, "nobody") else { return };
    hands.conn.set_input_focus(InputFocus::NONE, InputFocus::NONE, 0u32).unwrap().check().unwrap();
    let style = TypingStyle { target: Some(receiver.window.into()), ..TypingStyle::default() };
    let mut typist = tawk_platform::native().typists.open().unwrap();
    let typed = typist.type_strokes(&plan("Nobody.", PlanStyle::default()), &style, &mut || true).unwrap();
    assert_eq!(typed, TypedSoFar::whole(0));
    receiver.expect("");
}

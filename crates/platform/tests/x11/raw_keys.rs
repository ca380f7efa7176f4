//! Hotkeys that are a modifier alone.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver as Events, unbounded};
use tawk_core::ErrorKind;
use tawk_core::keystroke::Keystroke;
use tawk_core::ports::{KeyEdge, Registration, TypingStyle};
use x11rb::protocol::xproto::{ConnectionExt as _, GrabMode, GrabStatus};

use crate::hands::{Board, CONTROL, D, Hands};

const RIGHT_ALT: u8 = 108;
const SOON: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(100);

fn listen(hotkey: &str) -> (Box<dyn Registration>, Events<(KeyEdge, Instant)>) {
    let (send, events) = unbounded();
    let listener = Box::new(move |edge, at| send.send((edge, at)).unwrap());
    (tawk_platform::native().hotkeys.register(&hotkey.parse().unwrap(), listener).unwrap(), events)
}

fn next(events: &Events<(KeyEdge, Instant)>) -> KeyEdge {
    events.recv_timeout(SOON).expect("an edge").0
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn a_modifier_alone_goes_down_and_up() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (registration, events) = listen("RightAlt");
    // The second listener is no thief.
    let (_other, _its_events) = listen("RightAlt");
    for board in [Board::Physical, Board::Xtest] {
        let pressed = Instant::now();
        hands.press(board, RIGHT_ALT);
        let (edge, at) = events.recv_timeout(SOON).unwrap();
        assert_eq!(edge, KeyEdge::Down);
        eprintln!("latency of a modifier alone on {board:?}: {:?}", at - pressed);
        std::thread::sleep(Duration::from_millis(400));
        hands.tap(D);
        assert!(events.recv_timeout(QUIET).is_err(), "another key late in a press is no chord");
        hands.release(board, RIGHT_ALT);
        assert_eq!(next(&events), KeyEdge::Up);
    }
    drop(registration);
    assert!(events.recv().is_err(), "the listener is gone");
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn a_modifier_in_a_chord_is_cancelled_or_not_heard() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (_registration, events) = listen("Right Option");
    hands.press(Board::Physical, RIGHT_ALT);
    hands.tap(D);
    hands.release(Board::Physical, RIGHT_ALT);
    assert_eq!((next(&events), next(&events)), (KeyEdge::Down, KeyEdge::Cancelled));
    assert!(events.recv_timeout(QUIET).is_err());

    hands.press(Board::Physical, CONTROL);
    hands.press(Board::Physical, RIGHT_ALT);
    hands.tap(D);
    hands.release(Board::Physical, RIGHT_ALT);
    hands.release(Board::Physical, CONTROL);
    assert!(events.recv_timeout(QUIET).is_err(), "Ctrl+Alt is another chord");

    let (root, mode) = (hands.root, GrabMode::ASYNC);
    let locked = hands.conn.grab_keyboard(false, root, 0u32, mode, mode).unwrap().reply().unwrap();
    assert_eq!(locked.status, GrabStatus::SUCCESS);
    hands.press(Board::Physical, RIGHT_ALT);
    hands.release(Board::Physical, RIGHT_ALT);
    assert!(events.recv_timeout(QUIET).is_err(), "the screen is locked");
    hands.conn.ungrab_keyboard(0u32).unwrap().check().unwrap();

    hands.press(Board::Physical, RIGHT_ALT);
    assert_eq!(next(&events), KeyEdge::Down);
    hands.release(Board::Physical, RIGHT_ALT);
    assert_eq!(next(&events), KeyEdge::Up);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn what_tawk_types_is_no_other_key() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (_registration, events) = listen("RightAlt");
    let mut typist = tawk_platform::native().typists.open().unwrap();
    let style = TypingStyle { hotkey: Some("RightAlt".parse().unwrap()), ..TypingStyle::default() };
    let text: Vec<Keystroke> = (0..40).map(|_| Keystroke::Text("abc De ".into())).collect();
    let (mut asked, mut held) = (0, None);
    let typed = typist.type_strokes(&text, &style, &mut || {
        asked += 1;
        // Asked at the last moment before a stroke: the next dictation begins while the last is being typed.
        if asked == 10 {
            hands.press(Board::Physical, RIGHT_ALT);
            held = Some(Instant::now());
        }
        if held.is_some_and(|since: Instant| since.elapsed() > Duration::from_millis(200)) {
            hands.release(Board::Physical, RIGHT_ALT);
            held = None;
        }
        asked < 10_000
    });
    assert_eq!(typed.unwrap().strokes, text.len());
    assert_eq!((next(&events), next(&events)), (KeyEdge::Down, KeyEdge::Up));
    assert!(events.recv_timeout(QUIET).is_err(), "typing makes no edges");
    assert_eq!(hands.down(), []);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn a_key_that_the_keyboard_lacks_is_refused() {
    if !crate::is_inner_run() {
        return;
    }
    let hotkeys = tawk_platform::native().hotkeys;
    let error = hotkeys.register(&"Fn".parse().unwrap(), Box::new(|_, _| ())).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Unsupported);
    assert!(error.message.contains("Fn"), "{}", error.message);
}

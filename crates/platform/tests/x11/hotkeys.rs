//! Hotkeys.

use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver as Events, unbounded};
use tawk_core::ErrorKind;
use tawk_core::hotkey::Hotkey;
use tawk_core::ports::{KeyEdge, Registration};
use x11rb::protocol::xkb::{self, ConnectionExt as _};
use x11rb::protocol::xproto::ModMask;

use crate::hands::{ALT, Board, CAPS_LOCK, CONTROL, D, Hands, NUM_LOCK, SHIFT, SPACE};

const SOON: Duration = Duration::from_secs(5);
const QUIET: Duration = Duration::from_millis(100);

fn register(hotkey: &str) -> (Box<dyn Registration>, Events<(KeyEdge, Instant)>) {
    let (send, events) = unbounded();
    let hotkeys = tawk_platform::native().hotkeys;
    let hotkey: Hotkey = hotkey.parse().unwrap();
    let listener = Box::new(move |edge, at| send.send((edge, at)).unwrap());
    (hotkeys.register(&hotkey, listener).unwrap(), events)
}

fn next(events: &Events<(KeyEdge, Instant)>) -> KeyEdge {
    events.recv_timeout(SOON).expect("an edge").0
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn a_chord_goes_down_once_and_up_with_its_main_key() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (_registration, events) = register("Ctrl+Alt+Space");
    for lock in [None, Some(CAPS_LOCK), Some(NUM_LOCK)] {
        lock.inspect(|&lock| hands.tap(lock));
        for board in [Board::Physical, Board::Xtest] {
            hands.press(board, CONTROL);
            hands.press(board, ALT);
            let pressed = Instant::now();
            hands.press(board, SPACE);
            let (edge, at) = events.recv_timeout(SOON).unwrap();
            assert_eq!(edge, KeyEdge::Down);
            eprintln!("hotkey latency with {lock:?} on {board:?}: {:?}", at - pressed);
            // Longer than the display's autorepeat delay of 660 ms.
            std::thread::sleep(Duration::from_millis(900));
            hands.release(board, CONTROL);
            hands.release(board, ALT);
            assert!(events.recv_timeout(QUIET).is_err(), "neither repeats nor modifiers are edges");
            hands.release(board, SPACE);
            assert_eq!(next(&events), KeyEdge::Up);
        }
        lock.inspect(|&lock| hands.tap(lock));
    }
    assert_eq!(hands.modifiers(), (ModMask::from(0u16), ModMask::from(0u16)));
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn other_chords_and_other_programs_stay_apart() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (registration, events) = register("Ctrl+D");
    let hotkeys = tawk_platform::native().hotkeys;
    let taken = hotkeys.register(&"Ctrl+D".parse().unwrap(), Box::new(|_, _| ())).err().unwrap();
    assert_eq!(taken.kind, ErrorKind::HotkeyTaken);
    assert!(taken.message.contains("Ctrl+D"), "{}", taken.message);

    hands.press(Board::Physical, CONTROL);
    hands.press(Board::Physical, SHIFT);
    hands.tap(D);
    hands.release(Board::Physical, SHIFT);
    assert!(events.recv_timeout(QUIET).is_err());
    hands.tap(D);
    assert_eq!((next(&events), next(&events)), (KeyEdge::Down, KeyEdge::Up));
    hands.release(Board::Physical, CONTROL);

    drop(registration);
    assert!(events.recv().is_err(), "the listener is gone");
    hotkeys.register(&"Ctrl+D".parse().unwrap(), Box::new(|_, _| ())).unwrap();
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_hotkey_outlives_a_change_of_the_layout() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (_registration, events) = register("F13");
    let f13 = code_named(&hands, *b"FK13");
    hands.tap(f13);
    assert_eq!((next(&events), next(&events)), (KeyEdge::Down, KeyEdge::Up));
    if std::process::Command::new("setxkbmap").arg("fr").status().is_ok_and(|status| status.success()) {
        std::thread::sleep(Duration::from_millis(300));
        hands.tap(f13);
        assert_eq!((next(&events), next(&events)), (KeyEdge::Down, KeyEdge::Up));
        let restored = std::process::Command::new("setxkbmap").arg("us").status().unwrap();
        assert!(restored.success());
    } else {
        eprintln!("skipped: setxkbmap is not installed");
    }
}

fn code_named(hands: &Hands, name: [u8; 4]) -> u8 {
    let core = xkb::ID::USE_CORE_KBD.into();
    let names = hands.conn.xkb_get_names(core, xkb::NameDetail::KEY_NAMES).unwrap().reply().unwrap();
    let at = names.value_list.key_names.unwrap().iter().position(|key| key.name == name).unwrap();
    names.first_key + at as u8
}

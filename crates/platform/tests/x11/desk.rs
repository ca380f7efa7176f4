//! The screen saver and the end of the display.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tawk_core::ErrorKind;
use tawk_core::keystroke::Keystroke;
use tawk_core::ports::{DeskEvent, KeyEdge, TypingStyle};
use x11rb::protocol::xproto::{ConnectionExt as _, ScreenSaver};

use crate::hands::{Board, CONTROL, D, Hands};

/// The test that ends its display.
pub(crate) const LAST: &str = "desk::the_end_of_the_display_is_told";

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_screen_saver_locks() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let (send, events) = crossbeam_channel::unbounded();
    let desk = tawk_platform::native().desk;
    let watching = desk.watch(Box::new(move |event| send.send(event).unwrap())).unwrap();
    hands.conn.force_screen_saver(ScreenSaver::ACTIVE).unwrap().check().unwrap();
    assert_eq!(events.recv_timeout(Duration::from_secs(5)), Ok(DeskEvent::Locked));
    hands.conn.force_screen_saver(ScreenSaver::RESET).unwrap().check().unwrap();
    drop(watching);
    assert!(events.recv().is_err(), "nothing is told after the end");
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_end_of_the_display_is_told() {
    let Some(server) = std::env::var(crate::MARK).ok().and_then(|id| id.parse().ok()) else { return };
    let platform = tawk_platform::native();
    let (send_event, events) = crossbeam_channel::unbounded();
    let _watching = platform.desk.watch(Box::new(move |event| send_event.send(event).unwrap())).unwrap();
    let (send_edge, edges) = crossbeam_channel::unbounded();
    let listener = Box::new(move |edge, _| send_edge.send(edge).unwrap());
    let _registration = platform.hotkeys.register(&"Ctrl+D".parse().unwrap(), listener).unwrap();
    let mut typist = platform.typists.open().unwrap();
    platform.focus.current().unwrap();
    let hands = Hands::new();
    hands.press(Board::Physical, CONTROL);
    hands.press(Board::Physical, D);
    assert_eq!(edges.recv_timeout(Duration::from_secs(5)), Ok(KeyEdge::Down));

    kill(Pid::from_raw(server), Signal::SIGKILL).unwrap();
    assert_eq!(events.recv_timeout(Duration::from_secs(5)), Ok(DeskEvent::LoggingOut));
    assert_eq!(edges.recv_timeout(Duration::from_secs(5)), Ok(KeyEdge::Up));
    let typed = typist.type_strokes(&[Keystroke::Tab], &TypingStyle::default(), &mut || true);
    assert_eq!(typed.unwrap_err().kind, ErrorKind::NoDisplay);
    assert_eq!(platform.focus.current().unwrap_err().kind, ErrorKind::NoDisplay);
    assert_eq!(platform.typists.open().err().unwrap().kind, ErrorKind::NoDisplay);
}

//! Who has the focus.

use tawk_core::ports::Target;
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
    let Target { id, app } = focus.current().unwrap().unwrap();
    assert_eq!(id, u64::from(receiver.window));
    assert!(!app.is_empty());

    let inner = hands.conn.query_tree(receiver.window).unwrap().reply().unwrap().children;
    for child in inner {
        hands.conn.set_input_focus(InputFocus::PARENT, child, 0u32).unwrap();
        assert_eq!(focus.current().unwrap().unwrap().id, u64::from(receiver.window));
    }

    hands.conn.set_input_focus(InputFocus::NONE, InputFocus::NONE, 0u32).unwrap().check().unwrap();
    assert_eq!(focus.current(), Ok(None));
    assert!(!focus.secure_input());
}

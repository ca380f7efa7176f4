//! The panel as a window.

use tawk_core::ports::Picture;
use tawk_core::settings::HudPosition;
use x11rb::connection::Connection as _;
use x11rb::protocol::shape::{ConnectionExt as _, SK};
use x11rb::protocol::xproto::{
    AtomEnum, ConfigureWindowAux, ConnectionExt as _, ImageFormat, InputFocus, MapState, StackMode, Window,
};

use crate::hands::Hands;
use crate::receiver::Receiver;

/// A rectangle with a shadow around it.
fn picture(width: u32, height: u32, [red, green, blue]: [u8; 3]) -> Picture {
    let mut pixels = Vec::new();
    for y in 0..height {
        for x in 0..width {
            let is_shadow = x < 4 || y < 4 || x >= width - 4 || y >= height - 4;
            pixels.extend(if is_shadow { [0, 0, 0, 40] } else { [red, green, blue, 255] });
        }
    }
    Picture { width, height, pixels }
}

/// The panel's window and the place of it.
fn window(hands: &Hands) -> Option<(Window, (i16, i16, u16, u16))> {
    let children = hands.conn.query_tree(hands.root).unwrap().reply().unwrap().children;
    children.into_iter().find_map(|window| {
        let name =
            hands.conn.get_property(false, window, AtomEnum::WM_NAME, AtomEnum::STRING, 0, 99).ok()?.reply().ok()?;
        let place = hands.conn.get_geometry(window).ok()?.reply().ok()?;
        (name.value == b"Tawk HUD").then_some((window, (place.x, place.y, place.width, place.height)))
    })
}

fn wait_until(what: &str, mut condition: impl FnMut() -> bool) {
    assert!(crate::receiver::wait_for(|| condition().then_some(())).is_some(), "never came true: {what}");
}

fn pixel(hands: &Hands, x: i16, y: i16) -> u32 {
    let image = hands.conn.get_image(ImageFormat::Z_PIXMAP, hands.root, x, y, 1, 1, !0).unwrap().reply().unwrap();
    u32::from_le_bytes(image.data[..4].try_into().unwrap()) & 0xff_ffff
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn the_panel_is_above_all_and_takes_neither_focus_nor_pointer() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    let panel = tawk_platform::native().panel;
    let focus = || hands.conn.get_input_focus().unwrap().reply().unwrap().focus;
    let Some(receiver) = Receiver::open(&hands, "below") else { return };
    let whole = ConfigureWindowAux::new().x(0).y(0).width(800).height(600).stack_mode(StackMode::ABOVE);
    hands.conn.configure_window(receiver.window, &whole).unwrap().check().unwrap();
    hands.conn.set_input_focus(InputFocus::PARENT, receiver.window, 0u32).unwrap().check().unwrap();
    let before = focus();
    assert_eq!(panel.screen().unwrap().scale, 1.0);
    assert_eq!(window(&hands), None, "nothing is shown before there is something to show");

    panel.show(&picture(108, 58, [200, 10, 20]), HudPosition::Bottom).unwrap();
    let (id, place) = window(&hands).unwrap();
    // 24 from the edge to the rectangle, 4 of which are its shadow.
    assert_eq!(place, (346, 600 - 58 - 20, 108, 58));
    assert_eq!(pixel(&hands, 400, 550), 0xc8_0a14);
    assert_eq!(focus(), before);
    let attributes = hands.conn.get_window_attributes(id).unwrap().reply().unwrap();
    assert!(attributes.override_redirect && attributes.map_state == MapState::VIEWABLE);
    // The shadow is cut off, and the pointer goes through all of it.
    let bounds = hands.conn.shape_get_rectangles(id, SK::BOUNDING).unwrap().reply().unwrap().rectangles;
    assert_eq!(bounds.len(), 1);
    assert_eq!((bounds[0].x, bounds[0].y, bounds[0].width, bounds[0].height), (4, 4, 100, 50));
    assert!(hands.conn.shape_get_rectangles(id, SK::INPUT).unwrap().reply().unwrap().rectangles.is_empty());
    hands.conn.warp_pointer(x11rb::NONE, hands.root, 0, 0, 0, 0, 400, 550).unwrap().check().unwrap();
    assert_ne!(hands.conn.query_pointer(hands.root).unwrap().reply().unwrap().child, id);

    // Another picture of the same size, then one of another.
    panel.show(&picture(108, 58, [0, 255, 0]), HudPosition::Bottom).unwrap();
    panel.screen().unwrap();
    wait_until("the second picture", || pixel(&hands, 400, 550) == 0xff00);
    panel.show(&picture(208, 108, [0, 0, 255]), HudPosition::Bottom).unwrap();
    assert_eq!(window(&hands), Some((id, (296, 600 - 108 - 20, 208, 108))));
    assert_eq!(pixel(&hands, 305, 500), 0xff);
    // What was covered meanwhile is repaired by the display alone.
    let above = ConfigureWindowAux::new().stack_mode(StackMode::ABOVE);
    hands.conn.configure_window(receiver.window, &above).unwrap().check().unwrap();
    hands.conn.configure_window(id, &above).unwrap().check().unwrap();
    assert_eq!(pixel(&hands, 305, 500), 0xff);
    assert_eq!(focus(), before);

    panel.hide();
    wait_until("its end", || window(&hands).is_none());
    panel.show(&picture(108, 58, [1, 2, 3]), HudPosition::TopLeft).unwrap();
    assert_eq!(window(&hands).unwrap().1, (20, 20, 108, 58));
    panel.hide();
    assert_eq!(focus(), before);
}

#[test]
#[ignore = "run by everything_works_on_a_display_of_its_own"]
fn with_a_compositor_the_panel_is_translucent() {
    if !crate::is_inner_run() {
        return;
    }
    let hands = Hands::new();
    // Who owns this selection is the compositor, as far as anybody can tell.
    let compositor = hands.conn.intern_atom(false, b"_NET_WM_CM_S0").unwrap().reply().unwrap().atom;
    let owner = hands.conn.generate_id().unwrap();
    let class = x11rb::protocol::xproto::WindowClass::INPUT_ONLY;
    hands
        .conn
        .create_window(0, owner, hands.root, 0, 0, 1, 1, 0, class, 0, &Default::default())
        .unwrap()
        .check()
        .unwrap();
    hands.conn.set_selection_owner(owner, compositor, 0u32).unwrap().check().unwrap();

    let panel = tawk_platform::native().panel;
    panel.show(&picture(108, 58, [200, 10, 20]), HudPosition::Top).unwrap();
    let (id, _) = window(&hands).unwrap();
    assert_eq!(hands.conn.get_geometry(id).unwrap().reply().unwrap().depth, 32);
    let image = hands.conn.get_image(ImageFormat::Z_PIXMAP, id, 0, 0, 108, 58, !0).unwrap().reply().unwrap();
    assert_eq!(image.data[..4], [0, 0, 0, 40], "the shadow is part of it");
    let middle = 4 * (30 * 108 + 50);
    assert_eq!(image.data[middle..middle + 4], [20, 10, 200, 255]);
    assert!(hands.conn.shape_get_rectangles(id, SK::INPUT).unwrap().reply().unwrap().rectangles.is_empty());
    panel.hide();
    wait_until("its end", || window(&hands).is_none());
    hands.conn.destroy_window(owner).unwrap().check().unwrap();
}

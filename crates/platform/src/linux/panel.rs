//! The panel as a window that no window manager manages: it never takes the focus, and the pointer goes through it unless
//! clicks are wanted.
//!
//! With a compositor it is translucent. Without one, which X11 must do without at times, it is opaque and cut to its shape.
//! The picture is the window's background, so that the display itself repairs what was covered.

use std::sync::{Mutex, PoisonError};

use tawk_core::Result;
use tawk_core::ports::{Panel, Picture, Screen};
use tawk_core::settings::HudPosition;
use x11rb::connection::Connection as _;
use x11rb::protocol::Event;
use x11rb::protocol::randr::ConnectionExt as _;
use x11rb::protocol::shape::{self, ConnectionExt as _};
use x11rb::protocol::xproto::{
    AtomEnum, ButtonIndex, ChangeWindowAttributesAux, ClipOrdering, Colormap, ColormapAlloc, ConfigureWindowAux,
    ConnectionExt as _, CreateGCAux, CreateWindowAux, EventMask, Gcontext, ImageFormat, ImageOrder, PropMode,
    Rectangle, StackMode, Visualid, Window, WindowClass,
};
use x11rb::wrapper::ConnectionExt as _;

use super::display::{Broken, Display};
use super::picture::{self, Order};
use super::taste::Tasting;

/// From the panel's edge to the screen's, in points, the shadow left out of account.
const MARGIN: f32 = 24.0;

/// What desktops call 100 %, in dots per inch.
const USUAL_DPI: f32 = 96.0;

/// The panel on the display. Keeps one connection, and makes a new one when that breaks.
pub(crate) struct SystemPanel {
    drawn: Mutex<Option<Drawn>>,
    tasting: Tasting,
}

impl SystemPanel {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self { drawn: Mutex::new(None), tasting: Tasting::default() }
    }

    /// Works with the connection, a new one if there is none or it broke.
    fn with<T>(&self, work: impl Fn(&mut Drawn) -> Result<T, Broken>) -> Result<T> {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(drawn) = drawn.as_mut()
            && let Ok(done) = work(drawn)
        {
            return Ok(done);
        }
        *drawn = None;
        self.tasting.ask();
        let mut fresh = Drawn::new(Display::open()?)?;
        let done = work(&mut fresh)?;
        *drawn = Some(fresh);
        Ok(done)
    }
}

impl Panel for SystemPanel {
    fn screen(&self) -> Result<Screen> {
        let scale = self.with(|drawn| Ok(drawn.scale))?;
        let taste = self.tasting.known();
        Ok(Screen { scale, appearance: taste.appearance, reduced_motion: taste.reduced_motion })
    }

    fn show(&self, picture: &Picture, position: HudPosition) -> Result<()> {
        self.with(|drawn| drawn.show(picture, position))
    }

    fn hide(&self) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.as_mut().is_some_and(|drawn| drawn.hide().is_err()) {
            *drawn = None;
        }
        drop(drawn);
        // The next time it is shown in what the user has chosen meanwhile.
        self.tasting.ask();
    }

    fn take_clicks(&self, wanted: bool) {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        if drawn.as_mut().is_some_and(|drawn| drawn.take_clicks(wanted).is_err()) {
            *drawn = None;
        }
    }

    fn was_clicked(&self) -> bool {
        let mut drawn = self.drawn.lock().unwrap_or_else(PoisonError::into_inner);
        drawn.as_mut().is_some_and(|drawn| drawn.listen().is_ok() && std::mem::take(&mut drawn.was_clicked))
    }

    /// AT-SPI has no way to speak but through a widget that has the focus, which this never has.
    fn announce(&self, _message: &str) {}
}

/// The connection and what is on it.
struct Drawn {
    display: Display,
    screen: usize,
    scale: f32,
    window: Option<Shown>,
    was_clicked: bool,
}

/// The window, while it is on the screen.
struct Shown {
    window: Window,
    colormap: Colormap,
    context: Gcontext,
    format: Format,
    /// Upper left corner, width and height.
    frame: (i16, i16, u16, u16),
    /// Where it takes clicks if they are wanted: the panel without its shadow.
    solid: Rectangle,
    /// The rows of which the shape was made; none with a compositor.
    shape: Vec<picture::Span>,
}

/// How pixels are written for a window.
#[derive(Clone, Copy)]
struct Format {
    depth: u8,
    visual: Visualid,
    order: Order,
    /// Whether a compositor mixes the window with what lies behind it.
    is_translucent: bool,
}

impl Drawn {
    fn new(display: Display) -> Result<Self, Broken> {
        let screen =
            display.conn.setup().roots.iter().position(|screen| screen.root == display.root).unwrap_or_default();
        let scale = scale(&display);
        Ok(Self { display, screen, scale, window: None, was_clicked: false })
    }

    fn show(&mut self, picture: &Picture, position: HudPosition) -> Result<(), Broken> {
        self.listen()?;
        if self.window.as_ref().is_some_and(|shown| (shown.frame.2, shown.frame.3) == size(picture)) {
            self.paint(picture)?;
            self.display.conn.flush()?;
            return Ok(());
        }
        let area = self.area();
        let margin = f64::from(MARGIN * self.scale) - f64::from(picture.margin());
        let (width, height) = size(picture);
        let (x, y) = position.place((width.into(), height.into()), (area.width.into(), area.height.into()), margin);
        let frame = (area.x + x as i16, area.y + y as i16, width, height);
        let is_new = self.window.is_none();
        match &mut self.window {
            Some(shown) => {
                let aux = ConfigureWindowAux::new()
                    .x(i32::from(frame.0))
                    .y(i32::from(frame.1))
                    .width(u32::from(width))
                    .height(u32::from(height))
                    .stack_mode(StackMode::ABOVE);
                self.display.conn.configure_window(shown.window, &aux)?;
                shown.frame = frame;
            }
            none => *none = Some(create(&self.display, self.screen, frame)?),
        }
        if let Some(shown) = &mut self.window {
            shown.solid = solid(picture);
        }
        self.paint(picture)?;
        if let (true, Some(shown)) = (is_new, &self.window) {
            self.display.conn.map_window(shown.window)?;
        }
        // The first picture is on the screen when this returns.
        self.display.sync()
    }

    /// Takes in what the display has sent: clicks, errors of earlier requests, and what every program is sent.
    fn listen(&mut self) -> Result<(), Broken> {
        while let Some(event) = self.display.conn.poll_for_event()? {
            // Once the button is up again, nobody holds the pointer, and keys arrive as usual. Wheels are buttons, too.
            if let (Event::ButtonRelease(click), Some(shown)) = (event, &self.window)
                && click.event == shown.window
                && click.detail == ButtonIndex::M1.into()
            {
                self.was_clicked |= holds(&shown.solid, click.event_x, click.event_y);
            }
        }
        Ok(())
    }

    fn take_clicks(&mut self, wanted: bool) -> Result<(), Broken> {
        let Some(shown) = &self.window else { return Ok(()) };
        let conn = &self.display.conn;
        let solid = [shown.solid];
        let (place, mask) = if wanted {
            (&solid[..], EventMask::BUTTON_PRESS | EventMask::BUTTON_RELEASE)
        } else {
            (&[][..], EventMask::NO_EVENT)
        };
        conn.shape_rectangles(shape::SO::SET, shape::SK::INPUT, ClipOrdering::UNSORTED, shown.window, 0, 0, place)?;
        conn.change_window_attributes(shown.window, &ChangeWindowAttributesAux::new().event_mask(mask))?;
        conn.flush()?;
        self.was_clicked = false;
        Ok(())
    }

    fn hide(&mut self) -> Result<(), Broken> {
        self.was_clicked = false;
        if let Some(shown) = self.window.take() {
            self.display.conn.destroy_window(shown.window)?;
            self.display.conn.free_gc(shown.context)?;
            self.display.conn.free_colormap(shown.colormap)?;
            self.display.conn.flush()?;
        }
        // Another screen, another scale: asked while nobody waits.
        self.scale = scale(&self.display);
        Ok(())
    }

    /// Makes `picture` the window's background.
    fn paint(&mut self, picture: &Picture) -> Result<(), Broken> {
        let Some(shown) = &mut self.window else { return Ok(()) };
        let conn = &self.display.conn;
        let (width, height) = size(picture);
        let Format { depth, order, is_translucent, .. } = shown.format;
        if !is_translucent {
            let spans = picture::spans(picture);
            if spans != shown.shape {
                let rectangles: Vec<_> = spans.iter().map(rectangle).collect();
                let ordering = ClipOrdering::YX_BANDED;
                conn.shape_rectangles(shape::SO::SET, shape::SK::BOUNDING, ordering, shown.window, 0, 0, &rectangles)?;
                shown.shape = spans;
            }
        }
        let pixels = if is_translucent { picture::ordered(picture, order) } else { picture::opaque(picture, order) };
        let pixmap = conn.generate_id()?;
        conn.create_pixmap(depth, pixmap, shown.window, width, height)?;
        conn.put_image(ImageFormat::Z_PIXMAP, pixmap, shown.context, width, height, 0, 0, 0, depth, &pixels)?;
        conn.change_window_attributes(shown.window, &ChangeWindowAttributesAux::new().background_pixmap(pixmap))?;
        conn.free_pixmap(pixmap)?;
        conn.clear_area(false, shown.window, 0, 0, 0, 0)?;
        Ok(())
    }

    /// The monitor on which the pointer is; the whole screen where nobody tells.
    fn area(&self) -> Rectangle {
        let root = &self.display.conn.setup().roots[self.screen];
        let whole = Rectangle { x: 0, y: 0, width: root.width_in_pixels, height: root.height_in_pixels };
        self.monitor_in_use().unwrap_or(whole)
    }

    fn monitor_in_use(&self) -> Option<Rectangle> {
        let conn = &self.display.conn;
        let monitors = conn.randr_get_monitors(self.display.root, true).ok()?;
        let pointer = conn.query_pointer(self.display.root).ok()?;
        let (monitors, pointer) = (monitors.reply().ok()?.monitors, pointer.reply().ok()?);
        let mut areas = monitors.iter().map(|m| Rectangle { x: m.x, y: m.y, width: m.width, height: m.height });
        areas.find(|area| holds(area, pointer.root_x, pointer.root_y))
    }
}

fn holds(area: &Rectangle, x: i16, y: i16) -> bool {
    let within = |at: i16, from: i16, length: u16| {
        let (at, from) = (i32::from(at), i32::from(from));
        (from..from + i32::from(length)).contains(&at)
    };
    within(x, area.x, area.width) && within(y, area.y, area.height)
}

fn size(picture: &Picture) -> (u16, u16) {
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    (side(picture.width), side(picture.height))
}

/// The panel in its picture, without the shadow around it.
fn solid(picture: &Picture) -> Rectangle {
    let margin = picture.margin();
    let side = |length: u32| length.saturating_sub(2 * margin);
    let span = picture::Span { x: margin, y: margin, width: side(picture.width), height: side(picture.height) };
    rectangle(&span)
}

fn rectangle(span: &picture::Span) -> Rectangle {
    let number = |pixels: u32| i16::try_from(pixels).unwrap_or(i16::MAX);
    let side = |pixels: u32| u16::try_from(pixels).unwrap_or(u16::MAX);
    Rectangle { x: number(span.x), y: number(span.y), width: side(span.width), height: side(span.height) }
}

/// A new window, not on the screen yet.
fn create(display: &Display, screen: usize, frame: (i16, i16, u16, u16)) -> Result<Shown, Broken> {
    let conn = &display.conn;
    let format = format(display, screen)?;
    let (window, colormap, context) = (conn.generate_id()?, conn.generate_id()?, conn.generate_id()?);
    conn.create_colormap(ColormapAlloc::NONE, colormap, display.root, format.visual)?;
    // Another depth than the root's needs a border and a colour map of its own.
    let aux = CreateWindowAux::new()
        .override_redirect(1)
        .background_pixel(0)
        .border_pixel(0)
        .colormap(colormap)
        .event_mask(EventMask::NO_EVENT);
    let (x, y, width, height) = frame;
    let class = WindowClass::INPUT_OUTPUT;
    conn.create_window(format.depth, window, display.root, x, y, width, height, 0, class, format.visual, &aux)?;
    conn.create_gc(context, window, &CreateGCAux::new().graphics_exposures(0))?;
    // No pixel of it takes the pointer.
    conn.shape_rectangles(shape::SO::SET, shape::SK::INPUT, ClipOrdering::UNSORTED, window, 0, 0, &[])?;
    for (name, value) in [(AtomEnum::WM_NAME, "Tawk HUD"), (AtomEnum::WM_CLASS, "tawk\0Tawk\0")] {
        conn.change_property8(PropMode::REPLACE, window, name, AtomEnum::STRING, value.as_bytes())?;
    }
    // Compositors and pagers go by this; no window manager sees the window.
    let (kind, notification) =
        (display.atom("_NET_WM_WINDOW_TYPE")?, display.atom("_NET_WM_WINDOW_TYPE_NOTIFICATION")?);
    conn.change_property32(PropMode::REPLACE, window, kind, AtomEnum::ATOM, &[notification])?;
    Ok(Shown { window, colormap, context, format, frame, solid: Rectangle::default(), shape: Vec::new() })
}

/// With a compositor, a visual with room for opacity; otherwise the screen's own.
fn format(display: &Display, screen: usize) -> Result<Format, Broken> {
    let setup = display.conn.setup();
    let is_composited = {
        let compositor = display.atom(&format!("_NET_WM_CM_S{screen}"))?;
        display.conn.get_selection_owner(compositor)?.reply()?.owner != x11rb::NONE
    };
    let root = &setup.roots[screen];
    let translucent = || {
        let visuals = root.allowed_depths.iter().filter(|depth| depth.depth == 32).flat_map(|depth| &depth.visuals);
        visuals.into_iter().find(|visual| is_usual(visual.red_mask, visual.green_mask, visual.blue_mask))
    };
    let is_big = setup.image_byte_order == ImageOrder::MSB_FIRST;
    let bits = |depth: u8| setup.pixmap_formats.iter().find(|format| format.depth == depth).map(|f| f.bits_per_pixel);
    if let (true, Some(visual), Some(32)) = (is_composited, translucent(), bits(32)) {
        return Ok(Format { depth: 32, visual: visual.visual_id, order: Order { is_big }, is_translucent: true });
    }
    let visuals = root.allowed_depths.iter().flat_map(|depth| &depth.visuals);
    let own = visuals.into_iter().find(|visual| visual.visual_id == root.root_visual);
    let is_plain = own.is_some_and(|visual| is_usual(visual.red_mask, visual.green_mask, visual.blue_mask));
    if !is_plain || bits(root.root_depth) != Some(32) {
        return Err(Broken::of("its pixels are not 32 bits of red, green and blue"));
    }
    Ok(Format { depth: root.root_depth, visual: root.root_visual, order: Order { is_big }, is_translucent: false })
}

/// A byte each of red, green and blue, as all hardware of this century has them.
fn is_usual(red: u32, green: u32, blue: u32) -> bool {
    (red, green, blue) == (0xff_0000, 0xff00, 0xff)
}

/// Pixels per point, as the desktop tells all programs by the resource `Xft.dpi`.
fn scale(display: &Display) -> f32 {
    let resources = display
        .conn
        .get_property(false, display.root, AtomEnum::RESOURCE_MANAGER, AtomEnum::STRING, 0, u32::MAX / 4)
        .ok()
        .and_then(|cookie| cookie.reply().ok())
        .map(|reply| String::from_utf8_lossy(&reply.value).into_owned());
    scale_in(&resources.unwrap_or_default())
}

fn scale_in(resources: &str) -> f32 {
    let values = resources.lines().filter_map(|line| line.split_once(':'));
    let dpi =
        values.filter(|(name, _)| name.trim() == "Xft.dpi").find_map(|(_, value)| value.trim().parse::<f32>().ok());
    let scale = dpi.unwrap_or(USUAL_DPI) / USUAL_DPI;
    if scale.is_finite() { scale.clamp(1.0, 4.0) } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_is_the_desktops() {
        assert_eq!(scale_in(""), 1.0);
        assert_eq!(scale_in("Xcursor.size:\t24\nXft.dpi:\t192\n"), 2.0);
        assert_eq!(scale_in("Xft.dpi: 120"), 1.25);
        assert_eq!(scale_in("Xft.dpi: 12"), 1.0);
        assert_eq!(scale_in("Xft.dpi: many"), 1.0);
    }

    #[test]
    fn a_point_belongs_to_one_monitor() {
        let left = Rectangle { x: 0, y: 0, width: 100, height: 50 };
        let right = Rectangle { x: 100, y: 0, width: 100, height: 50 };
        assert!(holds(&left, 99, 49) && !holds(&right, 99, 49));
        assert!(holds(&right, 100, 0) && !holds(&left, 100, 0));
        assert!(!holds(&left, 10, 50));
    }
}

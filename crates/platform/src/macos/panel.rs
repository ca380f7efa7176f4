//! The panel as an `NSPanel` that cannot become key or main, so that no turn of AppKit's can give it the focus. It holds a
//! layer with a picture and no view that could take a key.

use std::cell::{Cell, RefCell};
use std::sync::atomic::{AtomicBool, Ordering};

use objc2::rc::{Retained, autoreleasepool};
use objc2::runtime::AnyObject;
use objc2::{MainThreadMarker, MainThreadOnly, define_class, msg_send};
use objc2_app_kit::{
    NSAccessibilityAnnouncementKey, NSAccessibilityAnnouncementRequestedNotification,
    NSAccessibilityPostNotificationWithUserInfo, NSAccessibilityPriorityKey, NSAccessibilityPriorityLevel,
    NSAppearanceNameAqua, NSAppearanceNameDarkAqua, NSApplication, NSBackingStoreType, NSColor, NSEvent, NSEventType,
    NSPanel, NSScreen, NSStatusWindowLevel, NSViewLayerContentsRedrawPolicy, NSWindowAnimationBehavior,
    NSWindowCollectionBehavior, NSWindowStyleMask, NSWorkspace,
};
use objc2_core_foundation::{CFData, CFRetained};
use objc2_core_graphics::{
    CGBitmapInfo, CGColorRenderingIntent, CGColorSpace, CGDataProvider, CGImage, CGImageAlphaInfo, kCGColorSpaceSRGB,
};
use objc2_foundation::{NSArray, NSDictionary, NSNumber, NSPoint, NSRect, NSSize, NSString};
use tawk_core::ports::{Appearance, Panel, Picture, Screen};
use tawk_core::settings::HudPosition;
use tawk_core::{Error, ErrorKind, Result};

use super::main_thread;

/// From the panel's edge to that of the screen's free part, in points, the shadow left out of account.
const MARGIN: f64 = 24.0;

/// Whether the panel was clicked since somebody asked.
static WAS_CLICKED: AtomicBool = AtomicBool::new(false);

thread_local! {
    /// Only the main thread's is ever filled.
    static PANEL: RefCell<Option<Retained<TawkPanel>>> = const { RefCell::new(None) };
    /// Likewise. From [`screen`] to the panel's end.
    static CHOSEN: Cell<Option<Chosen>> = const { Cell::new(None) };
    /// Likewise. Where the window is the panel and not its shadow, in the window's own points.
    static BODY: Cell<NSRect> = const { Cell::new(NSRect::ZERO) };
    /// Likewise. Whether the mouse button went down there, and has not come up.
    static PRESSED: Cell<bool> = const { Cell::new(false) };
}

/// The screen for which the pictures are drawn. The user may turn to a window on another one meanwhile, of another
/// sharpness; the panel stays where it appeared.
#[derive(Clone, Copy)]
struct Chosen {
    /// All of it, which tells it from the others.
    frame: NSRect,
    /// Without the Dock and the menu bar.
    free: NSRect,
    /// Pixels per point.
    scale: f64,
}

impl Chosen {
    fn of(screen: &NSScreen) -> Self {
        let scale = screen.backingScaleFactor().max(1.0);
        Self { frame: screen.frame(), free: screen.visibleFrame(), scale }
    }
}

define_class!(
    // SAFETY: NSPanel asks nothing of those that inherit from it, and this has no Drop.
    #[unsafe(super(NSPanel))]
    #[thread_kind = MainThreadOnly]
    #[name = "TawkPanel"]
    struct TawkPanel;

    #[allow(unsafe_code)]
    impl TawkPanel {
        #[unsafe(method(canBecomeKeyWindow))]
        fn can_become_key_window(&self) -> bool {
            false
        }

        #[unsafe(method(canBecomeMainWindow))]
        fn can_become_main_window(&self) -> bool {
            false
        }

        // Here and not in a view: to a view AppKit gives no click that comes while its window is not key, which this never is.
        #[unsafe(method(sendEvent:))]
        fn send_event(&self, event: &NSEvent) {
            match event.r#type() {
                NSEventType::LeftMouseDown => PRESSED.set(holds(BODY.get(), event.locationInWindow())),
                NSEventType::LeftMouseUp if PRESSED.take() && holds(BODY.get(), event.locationInWindow()) => {
                    WAS_CLICKED.store(true, Ordering::Release);
                }
                _ => {}
            }
            // SAFETY: NSWindow's own method, with the type that Apple documents.
            unsafe { msg_send![super(self), sendEvent: event] }
        }
    }
);

/// The panel of this Mac.
pub(crate) struct SystemPanel;

impl SystemPanel {
    /// Touches nothing.
    pub(crate) fn new() -> Self {
        Self
    }
}

impl Panel for SystemPanel {
    fn screen(&self) -> Result<Screen> {
        main_thread::call(|main| autoreleasepool(|_| screen(main)))?
    }

    fn show(&self, picture: &Picture, position: HudPosition) -> Result<()> {
        let picture = picture.clone();
        main_thread::call(move |main| autoreleasepool(|_| show(main, &picture, position)))?
    }

    fn hide(&self) {
        main_thread::queue(|_| {
            CHOSEN.set(None);
            PANEL.with_borrow(|panel| {
                if let Some(panel) = panel {
                    panel.orderOut(None);
                    panel.setIgnoresMouseEvents(true);
                }
            });
        });
    }

    fn take_clicks(&self, wanted: bool) {
        WAS_CLICKED.store(false, Ordering::Release);
        main_thread::queue(move |_| {
            PRESSED.set(false);
            PANEL.with_borrow(|panel| {
                if let Some(panel) = panel {
                    panel.setIgnoresMouseEvents(!wanted);
                }
            });
        });
    }

    fn was_clicked(&self) -> bool {
        WAS_CLICKED.swap(false, Ordering::AcqRel)
    }

    fn announce(&self, message: &str) {
        let message = message.to_owned();
        main_thread::queue(move |main| autoreleasepool(|_| announce(main, &message)));
    }
}

/// Whether `point` is within `rectangle`.
fn holds(rectangle: NSRect, point: NSPoint) -> bool {
    let NSRect { origin, size } = rectangle;
    (0.0..size.width).contains(&(point.x - origin.x)) && (0.0..size.height).contains(&(point.y - origin.y))
}

fn no_screen() -> Error {
    Error::new(ErrorKind::NoDisplay, "There is no screen to show anything on. Connect one.")
}

/// The screen of the window that has the keyboard, whichever app's it is.
fn screen_in_use(main: MainThreadMarker) -> Result<Retained<NSScreen>> {
    NSScreen::mainScreen(main).ok_or_else(no_screen)
}

fn screen(main: MainThreadMarker) -> Result<Screen> {
    // SAFETY: constants of AppKit that are never changed.
    #[allow(unsafe_code)]
    let (light, dark) = unsafe { (NSAppearanceNameAqua, NSAppearanceNameDarkAqua) };
    let names = NSArray::from_slice(&[light, dark]);
    let best = NSApplication::sharedApplication(main).effectiveAppearance().bestMatchFromAppearancesWithNames(&names);
    let is_dark = best.is_some_and(|best| best.isEqualToString(dark));
    let chosen = Chosen::of(&*screen_in_use(main)?);
    CHOSEN.set(Some(chosen));
    Ok(Screen {
        scale: chosen.scale as f32,
        appearance: if is_dark { Appearance::Dark } else { Appearance::Light },
        reduced_motion: NSWorkspace::sharedWorkspace().accessibilityDisplayShouldReduceMotion(),
    })
}

/// The chosen screen, or if it was unplugged the one in use, for the pictures that were begun.
fn chosen(main: MainThreadMarker) -> Result<Chosen> {
    let before = CHOSEN.get();
    if let Some(before) = before
        && NSScreen::screens(main).iter().any(|screen| screen.frame() == before.frame)
    {
        return Ok(before);
    }
    let now = Chosen::of(&*screen_in_use(main)?);
    let now = Chosen { scale: before.map_or(now.scale, |before| before.scale), ..now };
    CHOSEN.set(Some(now));
    Ok(now)
}

fn show(main: MainThreadMarker, picture: &Picture, position: HudPosition) -> Result<()> {
    let Chosen { free, scale, .. } = chosen(main)?;
    let image = image(picture).ok_or_else(|| {
        Error::new(ErrorKind::Internal, "macOS did not take the panel's picture. Quit Tawk and start it again.")
    })?;
    PANEL.with_borrow_mut(|kept| {
        let panel = kept.get_or_insert_with(|| panel(main));
        let (width, height) = (f64::from(picture.width) / scale, f64::from(picture.height) / scale);
        // As wide on every side.
        let shadow = f64::from(picture.margin()) / scale;
        let body = NSSize::new((width - 2.0 * shadow).max(0.0), (height - 2.0 * shadow).max(0.0));
        BODY.set(NSRect::new(NSPoint::new(shadow, shadow), body));
        let (x, y) = position.place((width, height), (free.size.width, free.size.height), MARGIN - shadow);
        // AppKit counts from the lower left corner.
        let corner = NSPoint::new(free.origin.x + x, free.origin.y + free.size.height - y - height);
        let frame = NSRect::new(corner, NSSize::new(width, height));
        if panel.frame() != frame {
            panel.setFrame_display(frame, false);
        }
        if let Some(layer) = panel.contentView().and_then(|view| view.layer()) {
            let contents: &AnyObject = image.as_ref();
            // SAFETY: Apple documents an image of CoreGraphics as a layer's contents.
            #[allow(unsafe_code)]
            unsafe {
                layer.setContents(Some(contents));
            }
            layer.setContentsScale(scale);
        }
        if !panel.isVisible() {
            panel.orderFrontRegardless();
        }
        Ok(())
    })
}

/// The panel, not on the screen yet.
#[allow(unsafe_code)]
fn panel(main: MainThreadMarker) -> Retained<TawkPanel> {
    let style = NSWindowStyleMask::Borderless | NSWindowStyleMask::NonactivatingPanel;
    let frame = NSRect::new(NSPoint::new(0.0, 0.0), NSSize::new(1.0, 1.0));
    let buffered = NSBackingStoreType::Buffered;
    let this = TawkPanel::alloc(main).set_ivars(());
    // SAFETY: NSWindow's designated initialiser, with the types that Apple documents.
    let panel: Retained<TawkPanel> = unsafe {
        msg_send![
            super(this),
            initWithContentRect: frame,
            styleMask: style,
            backing: buffered,
            defer: false
        ]
    };
    // SAFETY: nobody closes the panel; PANEL keeps it until the end.
    unsafe { panel.setReleasedWhenClosed(false) };
    // Above the windows of full-screen apps, on every space, and in no list or cycle of windows.
    panel.setLevel(NSStatusWindowLevel);
    panel.setCollectionBehavior(
        NSWindowCollectionBehavior::CanJoinAllSpaces
            | NSWindowCollectionBehavior::FullScreenAuxiliary
            | NSWindowCollectionBehavior::Stationary
            | NSWindowCollectionBehavior::IgnoresCycle,
    );
    panel.setExcludedFromWindowsMenu(true);
    panel.setIgnoresMouseEvents(true);
    panel.setHidesOnDeactivate(false);
    panel.setCanHide(false);
    panel.setAnimationBehavior(NSWindowAnimationBehavior::None);
    // The picture has its own corners and shadow.
    panel.setOpaque(false);
    panel.setBackgroundColor(Some(&NSColor::clearColor()));
    panel.setHasShadow(false);
    if let Some(view) = panel.contentView() {
        view.setWantsLayer(true);
        // The picture is set from here: the view would draw itself over it, empty, when it is shown or its size changes.
        view.setLayerContentsRedrawPolicy(NSViewLayerContentsRedrawPolicy::Never);
    }
    panel
}

#[allow(unsafe_code)]
fn image(picture: &Picture) -> Option<CFRetained<CGImage>> {
    let (width, height) = (picture.width as usize, picture.height as usize);
    let provider = CGDataProvider::with_cf_data(Some(&CFData::from_bytes(&picture.pixels)))?;
    // SAFETY: a constant of CoreGraphics that is never changed.
    let space = CGColorSpace::with_name(Some(unsafe { kCGColorSpaceSRGB }))?;
    let layout = CGBitmapInfo(CGImageAlphaInfo::PremultipliedLast.0);
    let (decode, interpolates) = (std::ptr::null(), false);
    // SAFETY: no decode array is given; the provider holds 4 bytes a pixel, which the picture promises.
    unsafe {
        CGImage::new(
            width,
            height,
            8,
            32,
            width * 4,
            Some(&space),
            layout,
            Some(&provider),
            decode,
            interpolates,
            CGColorRenderingIntent::RenderingIntentDefault,
        )
    }
}

/// VoiceOver says it after what it is saying.
#[allow(unsafe_code)]
fn announce(main: MainThreadMarker, message: &str) {
    let text = NSString::from_str(message);
    let priority = NSNumber::new_isize(NSAccessibilityPriorityLevel::Medium.0);
    let values: [&AnyObject; 2] = [&text, &priority];
    let app = NSApplication::sharedApplication(main);
    // SAFETY: constants of AppKit that are never changed; the keys, their values and the element are of the types that
    // Apple documents for an announcement.
    unsafe {
        let keys = [NSAccessibilityAnnouncementKey, NSAccessibilityPriorityKey];
        let details = NSDictionary::from_slices(&keys, &values);
        let notification = NSAccessibilityAnnouncementRequestedNotification;
        NSAccessibilityPostNotificationWithUserInfo(&app, notification, Some(&details));
    }
}

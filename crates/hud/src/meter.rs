//! The level of the microphone, and the bar of work in progress.

use crate::colours::{Colour, Palette};
use crate::shapes::{Canvas, Frame, rounded};
use crate::state::{LEVELS, Levels};

/// The width of one bar, in points.
const BAR: f32 = 3.0;
/// From the beginning of one bar to that of the next, in points.
const STEP: f32 = 5.0;
/// The thickness of a lying bar, in points.
const THICKNESS: f32 = 4.0;

/// The width of meter and progress, in points.
pub(crate) const WIDTH: f32 = (LEVELS - 1) as f32 * STEP + BAR;

/// The last levels as standing bars, the newest at the right end.
pub(crate) fn draw(canvas: &mut Canvas, frame: Frame, levels: &Levels, palette: &Palette) {
    let middle = frame.y + frame.height / 2.0;
    let mut fractions = levels.fractions();
    for bar in 0..LEVELS {
        let fraction = fractions.next();
        let height = BAR + (frame.height - BAR) * fraction.unwrap_or_default();
        let x = canvas.snapped(frame.x + frame.width - BAR - bar as f32 * STEP);
        let colour = if fraction.is_some_and(|fraction| fraction > 0.0) { palette.primary } else { palette.track };
        canvas.fill(rounded(Frame { x, y: middle - height / 2.0, width: BAR, height }, BAR / 2.0), colour);
    }
}

/// The newest level as one lying bar, for whoever wants no motion.
pub(crate) fn draw_still(canvas: &mut Canvas, frame: Frame, levels: &Levels, palette: &Palette) {
    bar(canvas, frame, levels.newest(), palette.primary, palette);
}

/// How much of the work is done.
pub(crate) fn draw_progress(canvas: &mut Canvas, frame: Frame, fraction: f32, palette: &Palette) {
    bar(canvas, frame, fraction, palette.accent, palette);
}

fn bar(canvas: &mut Canvas, frame: Frame, fraction: f32, colour: Colour, palette: &Palette) {
    let y = canvas.snapped(frame.y + (frame.height - THICKNESS) / 2.0);
    let track = Frame { y, height: THICKNESS, ..frame };
    canvas.fill(rounded(track, THICKNESS / 2.0), palette.track);
    let width = track.width * fraction.clamp(0.0, 1.0);
    if width > 0.0 {
        canvas.fill(rounded(Frame { width: width.max(THICKNESS), ..track }, THICKNESS / 2.0), colour);
    }
}

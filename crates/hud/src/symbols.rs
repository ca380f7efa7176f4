//! The sign at the left end: what the dictation is at, without words.

use std::time::Duration;

use tiny_skia::PathBuilder;

use crate::colours::{Colour, Palette};
use crate::shapes::{Canvas, Frame, arc, circle, line, rounded};
use crate::state::Phase;

/// Half the size of a symbol, in points.
const HALF: f32 = 8.0;

/// One turn of the wheel, in seconds.
const TURN: f32 = 1.1;

/// Draws the symbol of `phase` around (`x`, `y`). `time` turns what turns; `None` keeps it still.
pub(crate) fn draw(canvas: &mut Canvas, (x, y): (f32, f32), phase: &Phase, palette: &Palette, time: Option<Duration>) {
    match phase {
        Phase::Connecting => wheel(canvas, x, y, palette.secondary, palette, time),
        Phase::Working { .. } => wheel(canvas, x, y, palette.accent, palette, time),
        Phase::Listening(levels) => {
            let halo = if time.is_some() { 6.0 + 3.0 * levels.newest() } else { 7.5 };
            canvas.fill(circle(x, y, halo), palette.live.faded(0.28));
            canvas.fill(circle(x, y, 5.0), palette.live);
        }
        Phase::Held { .. } => clipboard(canvas, x, y, palette),
        Phase::Cancelled { .. } => {
            canvas.fill(circle(x, y, HALF), palette.quiet);
            let arm = 2.8;
            for side in [-arm, arm] {
                canvas.stroke(line(&[(x - arm, y - side), (x + arm, y + side)]), 1.7, palette.on_symbol);
            }
        }
        Phase::Trouble { .. } => triangle(canvas, x, y, palette),
    }
}

/// A turning arc; three dots when nothing may turn.
fn wheel(canvas: &mut Canvas, x: f32, y: f32, colour: Colour, palette: &Palette, time: Option<Duration>) {
    let Some(time) = time else {
        for dot in [-5.5, 0.0, 5.5] {
            canvas.fill(circle(x + dot, y, 1.8), colour);
        }
        return;
    };
    let turned = (time.as_secs_f64() / f64::from(TURN)).fract() as f32;
    canvas.stroke(circle(x, y, HALF - 1.2), 2.0, palette.track);
    canvas.stroke(arc(x, y, HALF - 1.2, turned, 0.3), 2.0, colour);
}

fn clipboard(canvas: &mut Canvas, x: f32, y: f32, palette: &Palette) {
    let board = Frame { x: x - 6.0, y: y - 6.5, width: 12.0, height: 14.5 };
    canvas.fill(rounded(board, 2.5), palette.accent);
    canvas.fill(rounded(Frame { x: x - 3.0, y: y - 8.5, width: 6.0, height: 4.0 }, 1.5), palette.accent);
    for (row, end) in [(-1.5, 3.0), (1.5, 3.0), (4.5, 0.5)] {
        canvas.stroke(line(&[(x - 3.0, y + row), (x + end, y + row)]), 1.2, palette.on_symbol);
    }
}

fn triangle(canvas: &mut Canvas, x: f32, y: f32, palette: &Palette) {
    let mut path = PathBuilder::new();
    path.move_to(x, y - 6.5);
    path.line_to(x + 7.0, y + 6.0);
    path.line_to(x - 7.0, y + 6.0);
    path.close();
    let path = path.finish();
    canvas.fill(path.clone(), palette.warning);
    // The pen rounds the corners.
    canvas.stroke(path, 2.5, palette.warning);
    canvas.stroke(line(&[(x, y - 2.8), (x, y + 1.6)]), 1.7, palette.on_symbol);
    canvas.fill(circle(x, y + 4.6, 1.05), palette.on_symbol);
}

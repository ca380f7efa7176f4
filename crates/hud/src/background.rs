//! The panel itself: a translucent rectangle with round corners, a hairline around it and a soft shadow.

use crate::colours::{Colour, Palette};
use crate::shapes::{Canvas, Frame, rounded};

/// How far the shadow reaches, in points.
pub(crate) const REACH: f32 = 16.0;
/// The radius of the corners, in points.
const RADIUS: f32 = 16.0;
/// How far the shadow is shifted down, in points.
const DROP: f32 = 3.0;
/// The shadow is made of so many layers.
const LAYERS: u8 = 13;

/// Draws the panel into `frame`, around which [`REACH`] points are free.
pub(crate) fn draw(canvas: &mut Canvas, frame: Frame, palette: &Palette) {
    let fallen = Frame { y: frame.y + DROP, ..frame };
    for layer in 0..LAYERS {
        // Layers of growing opacity one above the other fade out towards the edge.
        let inwards = f32::from(layer) / f32::from(LAYERS);
        let grown = (REACH - DROP) * (1.0 - inwards);
        let colour: Colour = palette.shadow.faded(0.26 * inwards * inwards);
        canvas.fill(rounded(fallen.grown(grown), RADIUS + grown), colour);
    }
    canvas.replace(rounded(frame, RADIUS), palette.panel);
    let hair = 1.0 / canvas.scale;
    canvas.stroke(rounded(frame.grown(-hair / 2.0), RADIUS - hair / 2.0), hair, palette.edge);
}

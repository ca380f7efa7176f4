//! Filling and stroking, in points.

use tiny_skia::{BlendMode, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, Rect, Stroke, Transform};

use crate::colours::Colour;

/// What is drawn on: a picture in pixels that is spoken of in points.
pub(crate) struct Canvas {
    pub(crate) pixels: Pixmap,
    /// Pixels per point.
    pub(crate) scale: f32,
}

impl Canvas {
    /// Fills `path`.
    pub(crate) fn fill(&mut self, path: Option<Path>, colour: Colour) {
        self.fill_with(path, colour, BlendMode::SourceOver);
    }

    /// Fills `path` and leaves nothing of what was there.
    pub(crate) fn replace(&mut self, path: Option<Path>, colour: Colour) {
        self.fill_with(path, colour, BlendMode::Source);
    }

    fn fill_with(&mut self, path: Option<Path>, colour: Colour, blend_mode: BlendMode) {
        let Some(path) = path else { return };
        let mut paint = Paint { anti_alias: true, blend_mode, ..Paint::default() };
        paint.set_color(colour.into());
        self.pixels.fill_path(&path, &paint, FillRule::Winding, self.to_pixels(), None);
    }

    /// Draws along `path` with a round pen `width` points wide.
    pub(crate) fn stroke(&mut self, path: Option<Path>, width: f32, colour: Colour) {
        let Some(path) = path else { return };
        let mut paint = Paint { anti_alias: true, ..Paint::default() };
        paint.set_color(colour.into());
        let stroke = Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixels.stroke_path(&path, &paint, &stroke, self.to_pixels(), None);
    }

    fn to_pixels(&self) -> Transform {
        Transform::from_scale(self.scale, self.scale)
    }

    /// The nearest edge between two pixels, so that straight edges are sharp.
    pub(crate) fn snapped(&self, points: f32) -> f32 {
        (points * self.scale).round() / self.scale
    }
}

/// A rectangle in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

impl Frame {
    /// Larger on all sides by `by` points.
    pub(crate) fn grown(self, by: f32) -> Self {
        Self { x: self.x - by, y: self.y - by, width: self.width + 2.0 * by, height: self.height + 2.0 * by }
    }
}

/// How far the handles of a quarter circle made of one cubic curve stand out.
const QUARTER: f32 = 0.552_284_8;

/// A rectangle with round corners.
pub(crate) fn rounded(frame: Frame, radius: f32) -> Option<Path> {
    let Frame { x, y, width, height } = frame;
    let radius = radius.min(width / 2.0).min(height / 2.0);
    if radius <= 0.0 {
        return Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect);
    }
    let (right, bottom) = (x + width, y + height);
    let handle = radius * (1.0 - QUARTER);
    let mut path = PathBuilder::new();
    path.move_to(x + radius, y);
    path.line_to(right - radius, y);
    path.cubic_to(right - handle, y, right, y + handle, right, y + radius);
    path.line_to(right, bottom - radius);
    path.cubic_to(right, bottom - handle, right - handle, bottom, right - radius, bottom);
    path.line_to(x + radius, bottom);
    path.cubic_to(x + handle, bottom, x, bottom - handle, x, bottom - radius);
    path.line_to(x, y + radius);
    path.cubic_to(x, y + handle, x + handle, y, x + radius, y);
    path.close();
    path.finish()
}

/// A circle.
pub(crate) fn circle(x: f32, y: f32, radius: f32) -> Option<Path> {
    PathBuilder::from_circle(x, y, radius)
}

/// A line through `points`.
pub(crate) fn line(points: &[(f32, f32)]) -> Option<Path> {
    let (first, rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(first.0, first.1);
    for point in rest {
        path.line_to(point.0, point.1);
    }
    path.finish()
}

/// A part of a circle, both angles as fractions of a turn, clockwise from the top.
pub(crate) fn arc(x: f32, y: f32, radius: f32, from: f32, turn: f32) -> Option<Path> {
    let steps = (turn * 48.0).ceil().max(1.0) as usize;
    let points: Vec<_> = (0..=steps)
        .map(|step| {
            let angle = (from + turn * step as f32 / steps as f32) * std::f32::consts::TAU;
            (x + radius * angle.sin(), y - radius * angle.cos())
        })
        .collect();
    line(&points)
}

//! A state to a picture.

use std::time::Duration;

use tawk_core::ports::{Appearance, FontBytes, Picture};
use tiny_skia::Pixmap;

use crate::background;
use crate::colours::palette;
use crate::layout::{Layout, Placed};
use crate::meter;
use crate::shapes::Canvas;
use crate::state::{Phase, State};
use crate::symbols;
use crate::typesetter::Typesetter;

/// How the panel looks on this screen and to this user.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Look {
    /// Pixels per point: the screen's scale times the user's size.
    pub scale: f32,
    /// Light or dark.
    pub appearance: Appearance,
    /// Whether the user wants no motion: nothing turns or scrolls then, and the level is one bar.
    pub reduced_motion: bool,
}

/// Draws the panel. Keeps fonts and what can be used again for the next picture.
pub struct Painter {
    typesetter: Typesetter,
    /// The panel without anything on it, and what it was drawn for.
    empty: Option<(u32, u32, Look, Pixmap)>,
}

impl Painter {
    /// `locale`, such as `ja-JP`, decides between the Chinese, Japanese and Korean shape of a character. Without a font no
    /// words are drawn.
    pub fn new(locale: &str) -> Self {
        Self { typesetter: Typesetter::new(locale), empty: None }
    }

    /// Adds a font file's bytes (TrueType, OpenType, or a collection of them). The first is used wherever it has a glyph, the
    /// others stand in. What is no font, or none whose shapes can
    /// be drawn, adds nothing.
    pub fn add_font(&mut self, bytes: FontBytes) {
        self.typesetter.add_font(bytes);
    }

    /// The characters of the pictures since the last call for which no font has a glyph; empty when all were drawn.
    pub fn take_missing(&mut self) -> String {
        self.typesetter.take_missing()
    }

    /// Draws `state`. `time` counts from any fixed moment and turns what turns.
    pub fn draw(&mut self, state: &State, look: Look, time: Duration) -> Picture {
        // What nobody can see or no memory holds.
        let look = Look { scale: look.scale.clamp(0.5, 8.0), ..look };
        let palette = palette(look.appearance);
        let layout = Layout::new(state, look.scale, &mut self.typesetter);
        let mut canvas = Canvas { pixels: self.empty_panel(&layout, look), scale: look.scale };

        let moving = (!look.reduced_motion).then_some(time);
        symbols::draw(&mut canvas, layout.symbol, &state.phase, palette, moving);
        match &state.phase {
            Phase::Listening(levels) if look.reduced_motion => {
                meter::draw_still(&mut canvas, layout.meter, levels, palette);
            }
            Phase::Listening(levels) => meter::draw(&mut canvas, layout.meter, levels, palette),
            Phase::Working { progress: Some(progress), .. } => {
                meter::draw_progress(&mut canvas, layout.meter, *progress, palette);
            }
            _ => {}
        }
        let mut words = |placed: &Placed, colour| {
            let place = (placed.x * look.scale, placed.y * look.scale);
            self.typesetter.draw(&placed.text, &mut canvas.pixels, place, colour);
        };
        words(&layout.title, palette.primary);
        layout.detail.iter().for_each(|detail| words(detail, palette.secondary));
        layout.body.iter().for_each(|body| words(body, palette.primary));

        let (width, height) = (canvas.pixels.width(), canvas.pixels.height());
        Picture { width, height, pixels: canvas.pixels.take() }
    }

    fn empty_panel(&mut self, layout: &Layout, look: Look) -> Pixmap {
        let pixels = |points: f32| (points * look.scale).ceil().max(1.0) as u32;
        let (width, height) = (pixels(layout.width), pixels(layout.height));
        if let Some((its_width, its_height, its_look, empty)) = &self.empty
            && (*its_width, *its_height, *its_look) == (width, height, look)
        {
            return empty.clone();
        }
        let Some(blank) = Pixmap::new(width, height) else {
            unreachable!("both sides are at least one pixel and, at this scale, a few thousand at most")
        };
        let mut canvas = Canvas { pixels: blank, scale: look.scale };
        background::draw(&mut canvas, layout.panel, palette(look.appearance));
        self.empty = Some((width, height, look, canvas.pixels.clone()));
        canvas.pixels
    }
}

//! The panel on the screen that shows what a dictation does.

use std::sync::Arc;

use crate::Result;
use crate::settings::HudPosition;

/// A picture for the screen.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// In pixels; at least 1.
    pub width: u32,
    /// In pixels; at least 1.
    pub height: u32,
    /// Red, green, blue and opacity of every pixel, a byte each, row by row from the top; colours are premultiplied with the
    /// opacity. `width * height * 4` bytes.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// From this opacity on, a pixel belongs to the panel; the shadow around it has less.
    pub const SOLID: u8 = 128;

    /// How many rows of pixels stand above the panel: its shadow.
    pub fn margin(&self) -> u32 {
        let row = (self.width as usize * 4).max(1);
        let is_empty = |row: &&[u8]| row.chunks_exact(4).all(|pixel| pixel[3] < Self::SOLID);
        self.pixels.chunks_exact(row).take_while(is_empty).count() as u32
    }
}

/// The pixels show what was said, so they are not for logs.
impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{})", self.width, self.height)
    }
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Appearance {
    /// Dark words on light panels.
    Light,
    /// Light words on dark panels.
    #[default]
    Dark,
}

/// What the panel is drawn for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Screen {
    /// Pixels per point.
    pub scale: f32,
    /// What the user has chosen for all apps.
    pub appearance: Appearance,
    /// Whether the user wants nothing to move.
    pub reduced_motion: bool,
}

impl Default for Screen {
    fn default() -> Self {
        Self { scale: 1.0, appearance: Appearance::default(), reduced_motion: false }
    }
}

/// A picture above all windows that never takes the focus, lets the pointer through and stands in no list of windows.
/// Called on the `hud` thread only, which may wait.
pub trait Panel: Send + Sync {
    /// The screen on which the next picture is shown: the one in use.
    ///
    /// # Errors
    /// `NoDisplay`, `Unsupported`.
    fn screen(&self) -> Result<Screen>;

    /// Shows `picture` in place of the one before. Once it returns, the picture is on its way to the screen and nothing
    /// can hold it up any more.
    ///
    /// # Errors
    /// `NoDisplay`, `Unsupported`.
    fn show(&self, picture: &Picture, position: HudPosition) -> Result<()>;

    /// Takes it away.
    fn hide(&self);

    /// Says whether what is shown takes clicks until it is hidden; at first it does not, and the pointer goes through it. It
    /// never takes the focus.
    fn take_clicks(&self, wanted: bool);

    /// Whether it was clicked since this was asked last.
    fn was_clicked(&self) -> bool;

    /// Has the system's screen reader, if one runs, say `message`.
    fn announce(&self, message: &str);
}

/// A font file's bytes, or those of a collection of fonts. Shared, and read from the disk as they are needed where the system
/// can do that: some are larger than all of Tawk.
pub type FontBytes = Arc<dyn AsRef<[u8]> + Send + Sync>;

/// The fonts of this system.
pub trait Fonts: Send + Sync {
    /// The font in which the system itself writes; `None` when there is none.
    fn interface(&self) -> Option<FontBytes>;

    /// A font that has a glyph for `character`; `None` when no font has. May read many files.
    fn for_character(&self, character: char) -> Option<FontBytes>;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shadow_is_no_part_of_the_panel() {
        let picture = |opacities: &[u8]| Picture {
            width: 2,
            height: opacities.len() as u32 / 2,
            pixels: opacities.iter().flat_map(|&opacity| [0, 0, 0, opacity]).collect(),
        };
        assert_eq!(picture(&[0, 9, 90, 0, 0, 200, 0, 0]).margin(), 2);
        assert_eq!(picture(&[200, 200]).margin(), 0);
        assert_eq!(picture(&[]).margin(), 0);
        assert_eq!(format!("{:?}", picture(&[1, 2])), "Picture(2×1)");
    }
}

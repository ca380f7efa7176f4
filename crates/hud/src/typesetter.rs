//! Words to glyphs: shaping, both directions, fonts that stand in for one another, and drawing.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use cosmic_text::fontdb::{Database, Source};
use cosmic_text::{
    Attrs, Buffer, Family, FontSystem, LayoutRun, Metrics, Shaping, SwashCache, SwashContent, SwashImage, Wrap,
};
use tawk_core::font::is_drawable;
use tawk_core::ports::FontBytes;
use tiny_skia::{Pixmap, PremultipliedColorU8};

use crate::colours::Colour;
use crate::text::{ELLIPSIS, LeaveOut, plain, shortened};

/// So many set texts are kept for the next picture. One shows four at most.
const KEPT: usize = 32;
/// When so many glyphs were drawn, all are forgotten, so that a year of dictation needs no more memory than an hour.
const MOST_GLYPHS: usize = 4000;

/// How a text is set. Lengths in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Setting {
    pub(crate) size: f32,
    pub(crate) line: f32,
    pub(crate) width: f32,
    pub(crate) lines: usize,
    pub(crate) leave_out: LeaveOut,
}

/// A text as it is drawn.
pub(crate) struct SetText {
    /// None without any font.
    buffer: Option<Buffer>,
    /// How many lines it has.
    pub(crate) lines: usize,
}

/// What of a setting and its text tells one set text from another.
type Key = (String, [u32; 3], usize, LeaveOut);

/// The fonts and what was made with them.
pub(crate) struct Typesetter {
    fonts: FontSystem,
    glyphs: SwashCache,
    set: HashMap<Key, Arc<SetText>>,
    missing: BTreeSet<char>,
}

impl Typesetter {
    pub(crate) fn new(locale: &str) -> Self {
        Self {
            fonts: FontSystem::new_with_locale_and_db(locale.into(), Database::new()),
            glyphs: SwashCache::new(),
            set: HashMap::new(),
            missing: BTreeSet::new(),
        }
    }

    /// Adds a font, or a collection of some. The first one sets everything that it has glyphs for. One whose glyphs would
    /// come out blank adds nothing: it would hide that another font is needed.
    pub(crate) fn add_font(&mut self, bytes: FontBytes) {
        if !is_drawable((*bytes).as_ref()) {
            return;
        }
        let fonts = self.fonts.db_mut();
        let is_first = fonts.is_empty();
        let added = fonts.load_font_source(Source::Binary(bytes));
        let name = added.first().and_then(|id| fonts.face(*id)).and_then(|face| face.families.first());
        if let (true, Some((name, _))) = (is_first, name.cloned()) {
            fonts.set_sans_serif_family(name);
        }
        self.set.clear();
        self.missing.clear();
    }

    /// The characters of what was set since the last call for which no font has a glyph.
    pub(crate) fn take_missing(&mut self) -> String {
        std::mem::take(&mut self.missing).into_iter().collect()
    }

    /// Sets `text`.
    pub(crate) fn set(&mut self, text: &str, setting: Setting) -> Arc<SetText> {
        let lengths = [setting.size, setting.line, setting.width].map(f32::to_bits);
        let key = (text.to_owned(), lengths, setting.lines, setting.leave_out);
        if let Some(set) = self.set.get(&key) {
            return Arc::clone(set);
        }
        let set = Arc::new(self.fit(&plain(text, setting.leave_out), setting));
        if self.set.len() >= KEPT {
            self.set.clear();
        }
        self.set.insert(key, Arc::clone(&set));
        set
    }

    /// Sets as much of `text` as fits.
    fn fit(&mut self, text: &str, setting: Setting) -> SetText {
        let mut text = text.to_owned();
        let mut is_cut = false;
        loop {
            let set = self.set_whole(&text, setting);
            if set.lines <= setting.lines || text.trim_matches(ELLIPSIS).is_empty() {
                return set;
            }
            // At once down to about what fits, then word by word.
            if !std::mem::replace(&mut is_cut, true) {
                text = set.cut(&text, setting);
            }
            text = shortened(&text, setting.leave_out);
        }
    }

    fn set_whole(&mut self, text: &str, setting: Setting) -> SetText {
        if self.fonts.db().is_empty() {
            return SetText { buffer: None, lines: 1 };
        }
        let mut buffer = Buffer::new(&mut self.fonts, Metrics::new(setting.size, setting.line));
        let attributes = Attrs::new().family(Family::SansSerif);
        buffer.set_wrap(Wrap::WordOrGlyph);
        buffer.set_size(Some(setting.width), None);
        buffer.set_text(text, &attributes, Shaping::Advanced, None);
        buffer.shape_until_scroll(&mut self.fonts, false);
        let without_glyph = buffer.layout_runs().flat_map(|run| {
            let missing = run.glyphs.iter().filter(|glyph| glyph.glyph_id == 0);
            missing.flat_map(move |glyph| run.text[glyph.start..glyph.end].chars())
        });
        self.missing.extend(without_glyph.filter(|&c| is_seen(c)));
        let lines = buffer.layout_runs().count();
        SetText { buffer: Some(buffer), lines }
    }

    /// Draws `text` with its first line's upper left corner at (`x`, `y`), in pixels.
    pub(crate) fn draw(&mut self, text: &SetText, pixels: &mut Pixmap, (x, y): (f32, f32), colour: Colour) {
        if self.glyphs.image_cache.len() > MOST_GLYPHS {
            self.glyphs = SwashCache::new();
        }
        for run in text.runs() {
            for glyph in run.glyphs {
                // The base line stands on whole pixels, so that all lines are equally sharp.
                let place = glyph.physical((x, (y + run.line_y).round()), 1.0);
                if let Some(image) = self.glyphs.get_image(&mut self.fonts, place.cache_key) {
                    let left = place.x + image.placement.left;
                    let top = place.y - image.placement.top;
                    blend(pixels, image, left, top, colour);
                }
            }
        }
    }
}

impl SetText {
    fn runs(&self) -> impl Iterator<Item = LayoutRun<'_>> {
        self.buffer.iter().flat_map(Buffer::layout_runs)
    }

    /// What of `text` stands in the lines that are allowed, at the end that is shown.
    fn cut(&self, text: &str, setting: Setting) -> String {
        let bytes = |run: &LayoutRun<'_>| {
            let start = run.glyphs.iter().map(|glyph| glyph.start).min().unwrap_or_default();
            let end = run.glyphs.iter().map(|glyph| glyph.end).max().unwrap_or_default();
            (start, end)
        };
        let runs: Vec<_> = self.runs().map(|run| bytes(&run)).collect();
        match setting.leave_out {
            LeaveOut::Beginning => {
                let first = runs.len().saturating_sub(setting.lines);
                let start = runs.get(first).map_or(0, |run| run.0);
                // One word is taken away next; it is the one before these lines.
                text.get(start..).map_or_else(|| text.to_owned(), |rest| format!("x {rest}"))
            }
            LeaveOut::End => {
                let end = setting.lines.checked_sub(1).and_then(|last| runs.get(last)).map_or(text.len(), |run| run.1);
                text.get(..end).unwrap_or(text).to_owned() + " "
            }
        }
    }
}

/// Whether a character has a shape of its own.
fn is_seen(c: char) -> bool {
    let is_invisible = matches!(c as u32,
        0xAD | 0x34F | 0x61C                 // soft hyphen, grapheme joiner, Arabic mark
        | 0x200B..=0x200F | 0x202A..=0x202E  // zero width, directions
        | 0x2060..=0x206F | 0xFEFF           // the same, newer
        | 0xFE00..=0xFE0F | 0xE0000..=0xE0FFF // variations, tags
    );
    !(is_invisible || c.is_whitespace() || c.is_control())
}

/// Lays a glyph's picture over the pixels.
fn blend(pixels: &mut Pixmap, image: &SwashImage, left: i32, top: i32, colour: Colour) {
    let (width, height) = (pixels.width() as i32, pixels.height() as i32);
    let glyph_width = image.placement.width as usize;
    if glyph_width == 0 {
        return;
    }
    let bytes = match image.content {
        SwashContent::Mask => 1,
        SwashContent::Color | SwashContent::SubpixelMask => 4,
    };
    let target = pixels.pixels_mut();
    for (at, pixel) in image.data.chunks_exact(bytes).enumerate() {
        let (x, y) = (left + (at % glyph_width) as i32, top + (at / glyph_width) as i32);
        if x < 0 || y < 0 || x >= width || y >= height {
            continue;
        }
        let source = match *pixel {
            [cover] => [colour.red, colour.green, colour.blue, product(colour.opacity, cover)],
            // Pictures of their own, such as emoji, keep their colours.
            [red, green, blue, opacity] => [red, green, blue, opacity],
            _ => continue,
        };
        if source[3] > 0 {
            let place = &mut target[(y * width + x) as usize];
            *place = over(source, *place);
        }
    }
}

/// A fraction (255 is one) of another.
fn product(a: u8, b: u8) -> u8 {
    ((u16::from(a) * u16::from(b) + 127) / 255) as u8
}

/// `source`, not premultiplied, over `under`.
fn over([red, green, blue, opacity]: [u8; 4], under: PremultipliedColorU8) -> PremultipliedColorU8 {
    let rest = 255 - opacity;
    let mix = |above: u8, below: u8| product(above, opacity).saturating_add(product(below, rest));
    let alpha = opacity.saturating_add(product(under.alpha(), rest));
    let [red, green, blue] =
        [mix(red, under.red()), mix(green, under.green()), mix(blue, under.blue())].map(|colour| colour.min(alpha));
    PremultipliedColorU8::from_rgba(red, green, blue, alpha).unwrap_or(under)
}

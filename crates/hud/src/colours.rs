//! The colours of both appearances.

use tawk_core::ports::Appearance;
use tiny_skia::Color;

/// Red, green, blue and opacity, not premultiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Colour {
    pub(crate) red: u8,
    pub(crate) green: u8,
    pub(crate) blue: u8,
    pub(crate) opacity: u8,
}

impl Colour {
    const fn new(red: u8, green: u8, blue: u8, opacity: u8) -> Self {
        Self { red, green, blue, opacity }
    }

    /// The same at this fraction of its opacity.
    pub(crate) fn faded(self, fraction: f32) -> Self {
        Self { opacity: (f32::from(self.opacity) * fraction.clamp(0.0, 1.0)).round() as u8, ..self }
    }
}

impl From<Colour> for Color {
    fn from(colour: Colour) -> Self {
        Color::from_rgba8(colour.red, colour.green, colour.blue, colour.opacity)
    }
}

/// The colours of one appearance. Text keeps a contrast of at least 4.5 to 1 on the panel, whatever lies behind it.
pub(crate) struct Palette {
    pub(crate) panel: Colour,
    pub(crate) edge: Colour,
    pub(crate) shadow: Colour,
    /// Titles, text, the level.
    pub(crate) primary: Colour,
    /// Details.
    pub(crate) secondary: Colour,
    /// What a bar may come to fill.
    pub(crate) track: Colour,
    /// A microphone is being heard.
    pub(crate) live: Colour,
    /// Work goes on, or text is kept.
    pub(crate) accent: Colour,
    /// Something needs attention.
    pub(crate) warning: Colour,
    /// What stands on `warning` and `accent`.
    pub(crate) on_symbol: Colour,
    /// Nothing happens any more.
    pub(crate) quiet: Colour,
}

const DARK: Palette = Palette {
    panel: Colour::new(36, 36, 38, 238),
    edge: Colour::new(255, 255, 255, 46),
    shadow: Colour::new(0, 0, 0, 110),
    primary: Colour::new(255, 255, 255, 242),
    secondary: Colour::new(235, 235, 245, 173),
    track: Colour::new(255, 255, 255, 46),
    live: Colour::new(255, 69, 58, 255),
    accent: Colour::new(10, 132, 255, 255),
    warning: Colour::new(255, 159, 10, 255),
    on_symbol: Colour::new(30, 30, 32, 255),
    quiet: Colour::new(152, 152, 157, 255),
};

const LIGHT: Palette = Palette {
    panel: Colour::new(247, 247, 248, 243),
    edge: Colour::new(0, 0, 0, 36),
    shadow: Colour::new(0, 0, 0, 64),
    primary: Colour::new(0, 0, 0, 222),
    secondary: Colour::new(50, 50, 57, 196),
    track: Colour::new(60, 60, 67, 46),
    live: Colour::new(255, 59, 48, 255),
    accent: Colour::new(0, 122, 255, 255),
    warning: Colour::new(255, 149, 0, 255),
    on_symbol: Colour::new(255, 255, 255, 255),
    quiet: Colour::new(128, 128, 133, 255),
};

pub(crate) const fn palette(appearance: Appearance) -> &'static Palette {
    match appearance {
        Appearance::Dark => &DARK,
        Appearance::Light => &LIGHT,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The relative luminance of `over` on an opaque `under`, by WCAG 2.
    fn luminance(over: Colour, under: [f32; 3]) -> (f32, [f32; 3]) {
        let opacity = f32::from(over.opacity) / 255.0;
        let mixed = [over.red, over.green, over.blue];
        let mixed: Vec<f32> = mixed
            .iter()
            .zip(under)
            .map(|(&c, under)| f32::from(c) / 255.0 * opacity + under * (1.0 - opacity))
            .collect();
        let linear = |c: f32| if c <= 0.03928 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) };
        let sum = 0.2126 * linear(mixed[0]) + 0.7152 * linear(mixed[1]) + 0.0722 * linear(mixed[2]);
        (sum, [mixed[0], mixed[1], mixed[2]])
    }

    #[test]
    fn text_can_be_read_on_anything() {
        for palette in [DARK, LIGHT] {
            for desk in [[0.0; 3], [0.5; 3], [1.0; 3]] {
                let (panel, mixed) = luminance(palette.panel, desk);
                for text in [palette.primary, palette.secondary] {
                    let (text, _) = luminance(text, mixed);
                    let contrast = (text.max(panel) + 0.05) / (text.min(panel) + 0.05);
                    assert!(contrast >= 4.5, "{contrast} on {desk:?}");
                }
            }
        }
    }
}

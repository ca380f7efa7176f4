//! Fonts that a test hands in.

use std::sync::{Arc, Mutex};

use tawk_core::ports::{FontBytes, Fonts};

use super::lock;

/// The fonts of a machine that has none until it is given some.
#[derive(Clone, Default)]
pub struct FakeFonts {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    interface: Option<FontBytes>,
    others: Vec<(char, FontBytes)>,
    asked: Vec<char>,
}

impl FakeFonts {
    /// The system's own font is this one from now on.
    pub fn set_interface(&self, font: FontBytes) {
        lock(&self.state).interface = Some(font);
    }

    /// Adds a font for `character`.
    pub fn add(&self, character: char, font: FontBytes) {
        lock(&self.state).others.push((character, font));
    }

    /// The characters that were asked for, in order.
    pub fn asked(&self) -> Vec<char> {
        lock(&self.state).asked.clone()
    }
}

impl Fonts for FakeFonts {
    fn interface(&self) -> Option<FontBytes> {
        lock(&self.state).interface.clone()
    }

    fn for_character(&self, character: char) -> Option<FontBytes> {
        let mut state = lock(&self.state);
        state.asked.push(character);
        state.others.iter().find(|(other, _)| *other == character).map(|(_, font)| font.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_font_is_found_by_its_character() {
        let fonts = FakeFonts::default();
        assert!(fonts.interface().is_none());
        fonts.add('語', Arc::new([1]));
        assert_eq!(fonts.for_character('語').unwrap().as_ref().as_ref(), [1]);
        assert!(fonts.for_character('x').is_none());
        assert_eq!(fonts.asked(), ['語', 'x']);
    }
}

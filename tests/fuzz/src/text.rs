//! What cuts texts.

use tawk_core::keystroke::{Keystroke, Newline, PlanStyle, plan, rest_of, text_of};
use tawk_core::ports::TypedSoFar;

use crate::{Target, choice};

/// A text is cut into strokes that hold all of it, no control character, and no more than may be; wherever typing stops,
/// what was typed and what is left make the whole.
pub fn keystrokes() -> Target {
    Box::new(|input| {
        let number = choice(input);
        let text = String::from_utf8_lossy(input);
        let newline = [Newline::Return, Newline::ShiftReturn, Newline::Space][number % 3];
        let style = PlanStyle { max_units: 1 + number % 20, newline };
        let strokes = plan(&text, style);
        for stroke in &strokes {
            let Keystroke::Text(chunk) = stroke else { continue };
            assert!(!chunk.is_empty() && !chunk.chars().any(char::is_control), "{chunk:?}");
        }
        let whole = text_of(&strokes);
        let kept = |c: char| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | ' ');
        assert!(text.chars().filter(|c| kept(*c)).eq(whole.chars().filter(|c| kept(*c))), "{text:?} became {whole:?}");
        for sent in [0, strokes.len() / 2, strokes.len()] {
            let typed = text_of(&strokes[..sent]);
            assert_eq!(typed + &rest_of(&strokes, TypedSoFar::whole(sent)), whole);
        }
    })
}

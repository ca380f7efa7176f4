//! From text to keystrokes: grapheme-safe chunks, Return and Tab as keys.

use unicode_segmentation::UnicodeSegmentation;

use crate::ports::TypedSoFar;

/// The most UTF-16 units that one macOS key event carries; what is longer is cut off without an
/// error (enigo issue 68).
pub const MAX_UNITS_PER_STROKE: usize = 20;

/// One thing to send to the focused app.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Keystroke {
    /// Whole graphemes, at most [`PlanStyle::max_units`] UTF-16 units unless a single grapheme is longer.
    /// Holds no control character.
    Text(String),
    /// The Return key.
    Return,
    /// Return with Shift held, for chats where Return sends.
    ShiftReturn,
    /// The Tab key.
    Tab,
}

/// What a line break in the text becomes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Newline {
    /// [`Keystroke::Return`].
    #[default]
    Return,
    /// [`Keystroke::ShiftReturn`].
    ShiftReturn,
    /// A space.
    Space,
}

/// How text is cut into strokes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlanStyle {
    /// UTF-16 units per stroke; at least 1. 1 sends every grapheme alone, the safe mode for terminals and web
    /// fields that read only an event's first character.
    pub max_units: usize,
    /// What line breaks become.
    pub newline: Newline,
}

impl Default for PlanStyle {
    fn default() -> Self {
        Self { max_units: MAX_UNITS_PER_STROKE, newline: Newline::default() }
    }
}

/// Cuts `text` into strokes. Control characters other than line breaks and tabs are dropped: no app expects
/// them from a keyboard.
pub fn plan(text: &str, style: PlanStyle) -> Vec<Keystroke> {
    let mut strokes = Vec::new();
    let mut chunk = String::new();
    let mut units = 0;
    for grapheme in text.graphemes(true) {
        let key = match grapheme {
            "\r\n" | "\n" | "\r" | "\u{2028}" | "\u{2029}" => match style.newline {
                Newline::Return => Some(Keystroke::Return),
                Newline::ShiftReturn => Some(Keystroke::ShiftReturn),
                Newline::Space => None,
            },
            "\t" => Some(Keystroke::Tab),
            _ => None,
        };
        if let Some(key) = key {
            flush(&mut chunk, &mut units, &mut strokes);
            strokes.push(key);
            continue;
        }
        let is_newline = matches!(grapheme, "\r\n" | "\n" | "\r" | "\u{2028}" | "\u{2029}");
        let grapheme = if is_newline { " " } else { grapheme };
        if grapheme.chars().all(char::is_control) {
            continue;
        }
        let grapheme_units = grapheme.encode_utf16().count();
        if units > 0 && units + grapheme_units > style.max_units {
            flush(&mut chunk, &mut units, &mut strokes);
        }
        chunk.push_str(grapheme);
        units += grapheme_units;
    }
    flush(&mut chunk, &mut units, &mut strokes);
    strokes
}

fn flush(chunk: &mut String, units: &mut usize, strokes: &mut Vec<Keystroke>) {
    if !chunk.is_empty() {
        strokes.push(Keystroke::Text(std::mem::take(chunk)));
        *units = 0;
    }
}

/// The text that `strokes` produce, for showing what was held back.
pub fn text_of(strokes: &[Keystroke]) -> String {
    let mut text = String::new();
    for stroke in strokes {
        match stroke {
            Keystroke::Text(chunk) => text.push_str(chunk),
            Keystroke::Return | Keystroke::ShiftReturn => text.push('\n'),
            Keystroke::Tab => text.push('\t'),
        }
    }
    text
}

/// The text that is left of `strokes` when `typed` of them were sent; empty when all were.
pub fn rest_of(strokes: &[Keystroke], typed: TypedSoFar) -> String {
    let text = text_of(strokes.get(typed.strokes..).unwrap_or_default());
    text.get(typed.bytes..).map_or(text.clone(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn chunk(text: &str) -> Keystroke {
        Keystroke::Text(text.into())
    }

    #[test]
    fn newlines_and_tabs_are_keys() {
        let strokes = plan("a\tb\r\nc\n", PlanStyle::default());
        assert_eq!(strokes, [chunk("a"), Keystroke::Tab, chunk("b"), Keystroke::Return, chunk("c"), Keystroke::Return]);
    }

    #[test]
    fn newlines_follow_the_style() {
        let style = |newline| PlanStyle { newline, ..PlanStyle::default() };
        assert_eq!(plan("a\nb", style(Newline::Space)), [chunk("a b")]);
        assert_eq!(plan("a\nb", style(Newline::ShiftReturn)), [chunk("a"), Keystroke::ShiftReturn, chunk("b")]);
    }

    #[test]
    fn never_more_than_twenty_units_and_never_half_an_emoji() {
        let strokes = plan("abcdefghijklmnopqrs😀x", PlanStyle::default());
        assert_eq!(strokes, [chunk("abcdefghijklmnopqrs"), chunk("😀x")]);
    }

    #[test]
    fn a_family_longer_than_the_limit_goes_alone() {
        let family = "👩🏽‍❤️‍💋‍👨🏿";
        let family = format!("{family}\u{200d}👩🏽‍🦰\u{200d}👧🏽");
        let strokes = plan(&format!("a{family}b"), PlanStyle::default());
        assert_eq!(text_of(&strokes), format!("a{family}b"));
        assert!(strokes.contains(&chunk(&family)));
    }

    #[test]
    fn safe_mode_sends_each_grapheme_alone() {
        let strokes = plan("né👍🏽", PlanStyle { max_units: 1, ..PlanStyle::default() });
        assert_eq!(strokes, [chunk("n"), chunk("é"), chunk("👍🏽")]);
    }

    #[test]
    fn what_is_left_begins_within_a_stroke() {
        let strokes = plan("one é\ntwo", PlanStyle::default());
        assert_eq!(rest_of(&strokes, TypedSoFar::whole(0)), "one é\ntwo");
        assert_eq!(rest_of(&strokes, TypedSoFar { strokes: 0, bytes: 4 }), "é\ntwo");
        assert_eq!(rest_of(&strokes, TypedSoFar::whole(2)), "two");
        assert_eq!(rest_of(&strokes, TypedSoFar::whole(3)), "");
    }

    #[test]
    fn control_characters_are_dropped() {
        assert_eq!(plan("a\u{7}\u{0}b\u{1b}", PlanStyle::default()), [chunk("ab")]);
    }

    proptest! {
        #[test]
        fn any_text_comes_through(text in "(\\PC|\n|\t){0,80}", max_units in 1usize..=20) {
            let strokes = plan(&text, PlanStyle { max_units, ..PlanStyle::default() });
            let expected: String = text
                .replace(['\u{2028}', '\u{2029}'], "\n")
                .chars()
                .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
                .collect();
            prop_assert_eq!(text_of(&strokes), expected);
            for stroke in &strokes {
                if let Keystroke::Text(chunk) = stroke {
                    let units = chunk.encode_utf16().count();
                    prop_assert!(units <= max_units || chunk.graphemes(true).count() == 1);
                    prop_assert!(!chunk.is_empty() && !chunk.contains(['\n', '\t']));
                }
            }
        }
    }
}

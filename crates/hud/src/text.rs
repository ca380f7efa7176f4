//! Cutting texts to fit.

use unicode_segmentation::UnicodeSegmentation as _;

/// So many characters of a text are looked at, far more than fit.
const MOST: usize = 600;

/// What stands for what was left out.
pub(crate) const ELLIPSIS: char = '…';

/// Which end of a text that is too long is left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum LeaveOut {
    /// The beginning: the newest words are at the end.
    Beginning,
    /// The end.
    End,
}

/// One paragraph without control characters, of which the end that is left out anyway is.
pub(crate) fn plain(text: &str, leave_out: LeaveOut) -> String {
    let clean = |c: char| if c.is_control() || c == '\u{2028}' || c == '\u{2029}' { ' ' } else { c };
    let graphemes: Vec<&str> = text.trim().graphemes(true).collect();
    let kept = match leave_out {
        LeaveOut::Beginning => &graphemes[graphemes.len().saturating_sub(MOST)..],
        LeaveOut::End => &graphemes[..graphemes.len().min(MOST)],
    };
    kept.concat().chars().map(clean).collect()
}

/// `text` with one word less at the end that is left out, and an ellipsis there. Scripts without spaces lose a character.
pub(crate) fn shortened(text: &str, leave_out: LeaveOut) -> String {
    match leave_out {
        LeaveOut::Beginning => {
            let rest = text.trim_start_matches(ELLIPSIS);
            let word = rest.split_word_bounds().next().map_or(0, str::len);
            format!("{ELLIPSIS}{}", rest[word..].trim_start())
        }
        LeaveOut::End => {
            let rest = text.trim_end_matches(ELLIPSIS);
            let character = rest.graphemes(true).next_back().map_or(0, str::len);
            format!("{}{ELLIPSIS}", rest[..rest.len() - character].trim_end())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_becomes_one_line_without_control_characters() {
        assert_eq!(plain(" one\ntwo\u{7}\u{2028}three ", LeaveOut::End), "one two  three");
        let long = "word ".repeat(1000) + "end";
        assert!(plain(&long, LeaveOut::Beginning).ends_with("word end"));
        assert_eq!(plain(&long, LeaveOut::Beginning).chars().count(), MOST);
        assert!(plain(&long, LeaveOut::End).starts_with("word word"));
    }

    #[test]
    fn whole_words_go_at_the_beginning_and_characters_at_the_end() {
        assert_eq!(shortened("one two three", LeaveOut::Beginning), "…two three");
        assert_eq!(shortened("…two three", LeaveOut::Beginning), "…three");
        assert_eq!(shortened("Desk 👩‍👩‍👧", LeaveOut::End), "Desk…");
        assert_eq!(shortened("De…", LeaveOut::End), "D…");
        assert_eq!(shortened("…", LeaveOut::End), "…");
        assert_eq!(shortened("", LeaveOut::Beginning), "…");
    }
}

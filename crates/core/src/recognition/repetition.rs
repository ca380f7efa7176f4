//! A decoder that runs in circles: one phrase again and again.

use std::ops::Range;

use super::speed::is_syllable;

/// A phrase that comes fewer times in a row than this may have been said: “no, no, no”.
const LEAST_TIMES: usize = 4;

/// A run of fewer words than this may have been said, however often its phrase comes.
const LEAST_WORDS: usize = 12;

/// Where `text` runs in circles: the bytes from the second time of the phrase to the end of its last. `None` if it
/// does not.
pub(super) fn repeats(text: &str) -> Option<Range<usize>> {
    let words = words(text);
    let mut longest: Option<Range<usize>> = None;
    for period in 1..=words.len() / LEAST_TIMES {
        let mut same = 0;
        // One past the end closes a run that reaches it.
        for at in period..=words.len() {
            if at < words.len() && words[at].1 == words[at - period].1 {
                same += 1;
                continue;
            }
            let (first, run) = (at - same - period, same + period);
            let circles = run >= LEAST_TIMES * period && run >= LEAST_WORDS;
            let extra = first + period..at;
            if circles && longest.as_ref().is_none_or(|longest| extra.len() > longest.len()) {
                longest = Some(extra);
            }
            same = 0;
        }
    }
    longest.map(|extra| words[extra.start].0.start..words[extra.end - 1].0.end)
}

/// The words of `text` with their places; of scripts that stand without spaces, the signs. Punctuation belongs to the word
/// before and does not count.
fn words(text: &str) -> Vec<(Range<usize>, String)> {
    let mut words: Vec<(Range<usize>, String)> = Vec::new();
    let mut goes_on = false;
    for (at, c) in text.char_indices() {
        let end = at + c.len_utf8();
        if c.is_whitespace() {
            goes_on = false;
        } else if !c.is_alphanumeric() {
            if let Some((place, _)) = words.last_mut() {
                place.end = end;
            }
        } else if let Some((place, word)) = words.last_mut().filter(|_| goes_on && !is_syllable(c)) {
            place.end = end;
            word.extend(c.to_lowercase());
        } else {
            words.push((at..end, c.to_lowercase().collect()));
            goes_on = !is_syllable(c);
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_repeats(text: &str) -> String {
        repeats(text).map_or(text.to_owned(), |extra| format!("{}{}", &text[..extra.start], &text[extra.end..]))
    }

    #[test]
    fn circles_are_found() {
        assert_eq!(without_repeats(&"Thank you, Mr. President. ".repeat(20)).trim(), "Thank you, Mr. President.");
        assert_eq!(without_repeats(&format!("So it is. {}", "you ".repeat(60))).trim(), "So it is. you");
        let in_the_middle = format!("First. {}And then.", "I don't know. ".repeat(9));
        assert_eq!(without_repeats(&in_the_middle), "First. I don't know.  And then.");
        // Cut off in the middle of the phrase, as at the bound of tokens.
        assert_eq!(without_repeats(&format!("{}one two", "one two three ".repeat(6))).trim(), "one two three");
        assert_eq!(without_repeats(&"はい".repeat(20)), "はい");
    }

    #[test]
    fn speech_is_not() {
        for text in [
            "",
            "No, no, no, no, no.",
            "Ha ha ha ha ha ha ha ha.",
            "One two three, one two three, one two three.",
            "Row, row, row your boat gently down the stream. Merrily, merrily, merrily, merrily, life is but a dream.",
            "The king of the king of the kings.",
            "ははははは",
        ] {
            assert_eq!(repeats(text), None, "{text}");
        }
    }
}

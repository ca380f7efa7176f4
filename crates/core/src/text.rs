//! Joining what was recognised piece by piece into one text.

use serde::{Deserialize, Serialize};

/// What follows every dictated text, so that the next one does not stick to it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Nothing.
    None,
    /// One space.
    #[default]
    Space,
    /// A line break.
    Newline,
}

/// Joins the texts of an utterance's segments in order.
///
/// Adds one space between them except where the script writes none (Chinese, Japanese, Thai) or where the next
/// piece begins with punctuation that clings to the word before. Each segment begins
/// with a capital, because Whisper takes it for a sentence; where the piece before did not end a
/// sentence, an ordinary English first word is lowered again.
///
/// What was joined before never changes: the text of the first pieces is the beginning of the text of all.
pub fn join<S: AsRef<str>>(pieces: &[S], language: Option<&str>) -> String {
    let mut text = String::new();
    for piece in pieces {
        append(&mut text, piece.as_ref(), language);
    }
    text
}

/// Adds one more piece as [`join`] does and returns what was added, with the space before it.
pub fn append<'a>(text: &'a mut String, piece: &str, language: Option<&str>) -> &'a str {
    let before = text.len();
    let piece = piece.trim();
    let Some(first) = piece.chars().next() else { return "" };
    let last = text.chars().next_back();
    if last.is_some_and(|last| !(clings(first) || (is_spaceless(last) && is_spaceless(first)))) {
        text.push(' ');
    }
    if language == Some("en") && last.is_some_and(continues_sentence) && is_plain_capital(piece) {
        text.extend(first.to_lowercase());
        text.push_str(&piece[first.len_utf8()..]);
    } else {
        text.push_str(piece);
    }
    &text[before..]
}

/// The end of `text`, from the beginning of a word and at most `most` characters.
pub fn tail(text: &str, most: usize) -> String {
    let skip = text.chars().count().saturating_sub(most);
    if skip == 0 {
        return text.to_owned();
    }
    let rest: String = text.chars().skip(skip).collect();
    rest.split_once(' ').map_or(rest.clone(), |(_, whole)| whole.to_owned())
}

/// How much of the text so far goes into a prompt, in characters: a few sentences, so that the vocabulary, which stands
/// before it, is never cut.
const PROMPT_CONTEXT: usize = 240;

/// What the recogniser is told before a segment: the words to expect, and the end of the text so far.
pub fn prompt(vocabulary: &str, so_far: &str) -> String {
    format!("{vocabulary} {}", tail(so_far, PROMPT_CONTEXT)).trim().to_owned()
}

/// What follows `text`. Nothing follows empty text, and no space a script that writes none.
pub fn ending_of(text: &str, ending: Ending) -> &'static str {
    match ending {
        _ if text.is_empty() => "",
        Ending::None => "",
        Ending::Space if text.chars().next_back().is_some_and(is_spaceless) => "",
        Ending::Space => " ",
        Ending::Newline => "\n",
    }
}

/// Punctuation that follows a word without a space.
fn clings(c: char) -> bool {
    matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | ')' | ']' | '}' | '%' | '…' | '’' | '”' | '»')
        || matches!(c, '、' | '。' | '，' | '！' | '？' | '：' | '；' | '」' | '』' | '）')
}

/// After these a sentence goes on, so that a capital needs a reason of its own.
fn continues_sentence(c: char) -> bool {
    c == ',' || c == ';' || c.is_alphanumeric()
}

/// Words that Whisper writes with a capital only because they came first. A closed list of function words: a name
/// must never lose its capital.
fn is_plain_capital(piece: &str) -> bool {
    const PLAIN: [&str; 44] = [
        "A", "An", "The", "And", "Or", "But", "So", "Because", "If", "When", "While", "Where", "Which", "Who", "That",
        "This", "These", "Those", "There", "It", "He", "She", "We", "You", "They", "My", "Your", "His", "Her", "Our",
        "Their", "Of", "In", "On", "At", "To", "For", "From", "With", "By", "As", "Is", "Are", "Was",
    ];
    let word = piece.split(|c: char| !c.is_alphanumeric()).next().unwrap_or("");
    PLAIN.contains(&word)
}

/// Scripts written without spaces between words.
fn is_spaceless(c: char) -> bool {
    matches!(c as u32,
        0x0E00..=0x0EFF        // Thai, Lao
        | 0x1000..=0x109F      // Myanmar
        | 0x1780..=0x17FF      // Khmer
        | 0x3000..=0x30FF      // CJK punctuation, Hiragana, Katakana
        | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xF900..=0xFAFF // Han
        | 0xFF00..=0xFFEF      // full-width forms
        | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_space_between_and_none_around() {
        assert_eq!(join(&[" Hello there. ", "", "How are you?"], Some("en")), "Hello there. How are you?");
        assert_eq!(join::<&str>(&[], None), "");
        assert_eq!(join(&["  "], None), "");
    }

    #[test]
    fn punctuation_clings() {
        assert_eq!(join(&["Hello", ", world", "!"], Some("en")), "Hello, world!");
    }

    #[test]
    fn a_sentence_that_goes_on_keeps_its_case() {
        assert_eq!(join(&["I went to", "The station."], Some("en")), "I went to the station.");
        assert_eq!(join(&["I met", "Theo and", "I left."], Some("en")), "I met Theo and I left.");
        assert_eq!(join(&["It is done.", "The end."], Some("en")), "It is done. The end.");
        assert_eq!(join(&["Ich sah", "Die Stadt"], Some("de")), "Ich sah Die Stadt");
    }

    #[test]
    fn scripts_without_spaces_get_none() {
        assert_eq!(join(&["你好。", "再见"], Some("zh")), "你好。再见");
        assert_eq!(join(&["안녕", "세상"], Some("ko")), "안녕 세상");
    }

    #[test]
    fn the_tail_begins_with_a_whole_word() {
        assert_eq!(tail("one two three", 13), "one two three");
        assert_eq!(tail("one two three", 8), "three");
        assert_eq!(tail("你好再见", 2), "再见");
        assert_eq!(tail("", 5), "");
    }

    #[test]
    fn a_prompt_keeps_the_whole_vocabulary_and_the_end_of_the_text() {
        assert_eq!(prompt("", ""), "");
        assert_eq!(prompt("Ferris", ""), "Ferris");
        assert_eq!(prompt("", "It is late."), "It is late.");
        assert_eq!(prompt("Ferris", "It is late."), "Ferris It is late.");
        let long = prompt("Ferris", &"word ".repeat(100));
        assert!(long.starts_with("Ferris word") && long.len() < 260, "{long}");
    }

    #[test]
    fn endings() {
        assert_eq!(ending_of("Hi.", Ending::Space), " ");
        assert_eq!(ending_of("Hi.", Ending::Newline), "\n");
        assert_eq!(ending_of("Hi.", Ending::None), "");
        assert_eq!(ending_of("", Ending::Newline), "");
        assert_eq!(ending_of("你好", Ending::Space), "");
    }

    proptest! {
        /// Phrases are typed while the rest is still spoken: what stands there may never have to be changed.
        #[test]
        fn the_text_so_far_never_changes(
            pieces in prop::collection::vec(
                prop_oneof![
                    "[ ]{0,2}(The|And|It|Theo|Ich|A|I)( [a-z]{1,5}){0,3}[.,!?;]?[ ]{0,2}",
                    "[,.!?;)%…’”»、。！]{1,2}",
                    "[你好再见ไทยかなー。，]{1,4}",
                    "(안녕|세상)( 안녕)?",
                    "\\PC{0,8}",
                    "[ \n\t]{0,3}",
                ],
                0..8,
            ),
            language in prop::sample::select(vec![None, Some("en"), Some("de"), Some("zh")]),
        ) {
            let whole = join(&pieces, language);
            let mut added = String::new();
            let mut text = String::new();
            for (n, piece) in pieces.iter().enumerate() {
                prop_assert_eq!(&join(&pieces[..n], language), &text);
                prop_assert!(whole.starts_with(&text), "{:?} does not begin with {:?}", whole, text);
                added.push_str(append(&mut text, piece, language));
            }
            prop_assert_eq!(&added, &whole);
            prop_assert_eq!(&text, &whole);
        }
    }
}

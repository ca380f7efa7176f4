//! How fast anybody can speak.

use std::time::Duration;

/// Letters that are spoken in a second at the very fastest: some 380 English words a minute, where lively talk has 200.
const LETTERS_PER_SECOND: f32 = 30.0;

/// Signs that stand for a whole syllable or more (Chinese, Japanese, Korean), spoken in a second at the very fastest;
/// fast talk has eight.
const SYLLABLES_PER_SECOND: f32 = 12.0;

/// The time in which nobody can say `text`, however fast: everything shorter is impossible.
pub(super) fn least_time(text: &str) -> Duration {
    let seconds: f32 = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .map(|c| 1.0 / if is_syllable(c) { SYLLABLES_PER_SECOND } else { LETTERS_PER_SECOND })
        .sum();
    Duration::from_secs_f32(seconds)
}

/// Kana, Han and Hangul.
pub(super) fn is_syllable(c: char) -> bool {
    matches!(c as u32, 0x3040..=0x30FF | 0x3400..=0x4DBF | 0x4E00..=0x9FFF | 0xAC00..=0xD7AF | 0xF900..=0xFAFF | 0x20000..=0x3FFFF)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_is_said_faster_than_this() {
        let ms = |text| least_time(text).as_millis();
        assert_eq!(ms(""), 0);
        assert_eq!(ms("..."), 0);
        assert_eq!(ms("Thank you."), 266);
        assert_eq!(ms("ありがとう"), 416);
        // 12 words a speaker needs some 3 s for.
        assert!((1000..2000).contains(&ms("The quick brown fox jumps over the lazy dog and runs away")));
    }
}

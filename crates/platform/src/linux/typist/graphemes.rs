//! Typing ends between graphemes: a family of emoji, or a letter with its accents, is several keys, and must not be torn
//! apart between a window and the text that is held.

use tawk_core::Result;

use super::{Press, SETTLE, Typing};

/// The most keys that follow one another while other programs stand still. No emoji has more than 10 characters, and no
/// language puts more than 30 marks on a letter (Unicode's Stream-Safe Text Format).
const MOST_KEYS: usize = 32;

impl Typing<'_> {
    /// The number of its bytes that were typed: all, or none when the app hangs, `go_on` said no, or another window has
    /// the focus. Something between only of what [`burst`] divides.
    pub(super) fn type_grapheme(
        &mut self,
        grapheme: &str,
        at: usize,
        byte: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<usize> {
        if self.receiver.is_none() && grapheme.chars().any(|c| self.lacks_key(c)) {
            // The layout's group has changed since the beginning, and the new one lacks a character.
            self.find_spare_keys()?;
        }
        let mut rest = grapheme;
        while !rest.is_empty() {
            let burst = burst(rest, self.spare.capacity(), |c| self.lacks_key(c));
            let typed = grapheme.len() - rest.len();
            let Some(presses) = self.presses(burst, at, byte + typed, go_on)? else { return Ok(typed) };
            if !self.tap(&presses)? {
                return Ok(typed);
            }
            rest = rest.split_at(burst.len()).1;
        }
        Ok(grapheme.len())
    }

    fn lacks_key(&self, c: char) -> bool {
        self.keyboard.press(c).is_none()
    }

    /// The keys that type `burst`, which begins at `byte` of stroke `at`, once the app knows them; `None` when the app
    /// hangs or `go_on` said no. Nothing of the layout changes between them.
    fn presses(
        &mut self,
        burst: &str,
        at: usize,
        byte: usize,
        go_on: &mut dyn FnMut() -> bool,
    ) -> Result<Option<Vec<Press>>> {
        let lacking: Vec<char> = burst.chars().filter(|&c| self.lacks_key(c)).collect();
        if !lacking.iter().all(|&c| self.spare.code_of(c).is_some()) {
            if !self.let_receiver_catch_up(go_on)? {
                return Ok(None);
            }
            self.carry_from(at, byte)?;
        }
        if !lacking.is_empty()
            && let Some(changed_at) = self.changed_at.take()
        {
            std::thread::sleep(SETTLE.saturating_sub(changed_at.elapsed()));
            // The wait may have been long enough for the user to go elsewhere.
            if !self.let_receiver_catch_up(go_on)? || !go_on() {
                return Ok(None);
            }
        }
        let press = |c| {
            let spare = |code| Press { code, shift: false, level3: false };
            self.keyboard.press(c).or_else(|| self.spare.code_of(c).map(spare))
        };
        Ok(burst.chars().map(press).collect())
    }
}

/// The beginning of `grapheme` that is typed at one go, never empty unless `grapheme` is: all of it, unless it has more
/// than [`MOST_KEYS`] characters, or more than `spare` different ones for which the layout `lacks_key`.
fn burst(grapheme: &str, spare: usize, lacks_key: impl Fn(char) -> bool) -> &str {
    let mut lacking = Vec::new();
    let end = grapheme.char_indices().enumerate().find_map(|(keys, (byte, c))| {
        if lacks_key(c) && !lacking.contains(&c) {
            lacking.push(c);
        }
        (byte > 0 && (keys == MOST_KEYS || lacking.len() > spare)).then_some(byte)
    });
    grapheme.split_at(end.unwrap_or(grapheme.len())).0
}

#[cfg(test)]
mod tests {
    use unicode_segmentation::UnicodeSegmentation as _;

    use super::*;

    /// The spare keys of a layout that has few.
    const FEW: usize = 5;

    fn all_of(grapheme: &str, spare: usize) -> Vec<&str> {
        let (mut rest, mut bursts) = (grapheme, Vec::new());
        while !rest.is_empty() {
            let one = burst(rest, spare, |c| !c.is_ascii());
            assert!(!one.is_empty(), "It would never end.");
            bursts.push(one);
            rest = &rest[one.len()..];
        }
        bursts
    }

    #[test]
    fn emoji_and_letters_with_marks_go_at_one_go() {
        let graphemes = ["a", "é", "e\u{301}", "a\u{308}\u{323}", "👍🏽", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇩🇪", "1️⃣", "नि"];
        for grapheme in graphemes {
            assert_eq!(grapheme.graphemes(true).count(), 1, "{grapheme}");
            assert_eq!(all_of(grapheme, FEW), [grapheme]);
        }
        // The longest of Unicode's list, of 10 characters, 7 of them different.
        assert_eq!(all_of("👩🏽‍❤️‍💋‍👨🏿", 8), ["👩🏽‍❤️‍💋‍👨🏿"]);
    }

    #[test]
    fn the_same_character_needs_one_key() {
        let many = format!("e{}", "\u{301}".repeat(20));
        assert_eq!(all_of(&many, 1), [many.as_str()]);
    }

    #[test]
    fn what_no_layout_and_no_grab_can_carry_comes_in_pieces() {
        assert_eq!(all_of("👨‍👩‍👧‍👦", 2), ["👨\u{200d}", "👩\u{200d}", "👧\u{200d}", "👦"]);
        // Even where the layout has no spare key at all, it goes on.
        assert_eq!(all_of("é👦", 0), ["é", "👦"]);
        let long = format!("e{}", "\u{301}".repeat(100));
        let bursts = all_of(&long, FEW);
        assert_eq!(bursts.concat(), long);
        assert!(bursts.iter().all(|burst| burst.chars().count() <= MOST_KEYS), "{bursts:?}");
        assert_eq!(all_of("", FEW), [""; 0]);
    }
}

//! Texts that were not typed while the history is off, until the end of this run: the next dictation takes the place of the
//! last text.

use std::collections::VecDeque;

/// So many stay; a text takes a kilobyte or so.
const MOST: usize = 20;

/// The texts that were held last, with numbers that no dictation of the history has. In memory only.
#[derive(Debug, Default)]
pub(crate) struct Held {
    texts: VecDeque<(i64, String)>,
    last: i64,
}

impl Held {
    /// Another text is held, or one once more that was typed again in vain.
    pub(crate) fn push(&mut self, text: String) {
        self.texts.retain(|(_, other)| *other != text);
        self.last -= 1;
        self.texts.push_front((self.last, text));
        self.texts.truncate(MOST);
    }

    /// The newest first.
    pub(crate) fn texts(&self) -> Vec<(i64, String)> {
        self.texts.iter().cloned().collect()
    }

    pub(crate) fn get(&self, number: i64) -> Option<String> {
        self.texts.iter().find(|(other, _)| *other == number).map(|(_, text)| text.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_come_first_and_the_oldest_go() {
        let mut held = Held::default();
        for number in 0..MOST + 5 {
            held.push(format!("{number}"));
        }
        let texts = held.texts();
        assert_eq!((texts.len(), texts[0].1.as_str()), (MOST, "24"));
        assert!(texts.iter().all(|(number, text)| *number < 0 && held.get(*number).as_ref() == Some(text)));
        assert_eq!((held.get(-1), held.get(1)), (None, None));
    }
}

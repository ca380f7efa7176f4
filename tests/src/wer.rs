//! Word error rate: how far a transcript is from what was said.

use std::fmt;

/// Errors against the words of the reference; adds up over clips.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wer {
    /// Words substituted, left out or put in.
    pub errors: usize,
    /// Words of the reference.
    pub words: usize,
}

impl Wer {
    /// Compares `heard` with `said`, word by word, blind to case and punctuation.
    pub fn of(said: &str, heard: &str) -> Self {
        let (said, heard) = (words(said), words(heard));
        Self { errors: distance(&said, &heard), words: said.len() }
    }

    /// The rate in percent. Without words in the reference every word heard counts as 100.
    pub fn percent(self) -> f64 {
        100.0 * self.errors as f64 / self.words.max(1) as f64
    }
}

impl std::ops::AddAssign for Wer {
    fn add_assign(&mut self, other: Self) {
        self.errors += other.errors;
        self.words += other.words;
    }
}

impl std::iter::Sum for Wer {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), |mut sum, one| {
            sum += one;
            sum
        })
    }
}

impl fmt::Display for Wer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} % ({} of {} words)", self.percent(), self.errors, self.words)
    }
}

/// Lower-case words; an apostrophe belongs to its word, any other punctuation to none.
fn words(text: &str) -> Vec<String> {
    let kept = |c: char| if c.is_alphanumeric() || c == '\'' { c } else { ' ' };
    text.replace('’', "'")
        .to_lowercase()
        .chars()
        .map(kept)
        .collect::<String>()
        .split_whitespace()
        .map(Into::into)
        .collect()
}

/// The Levenshtein distance between two lists of words.
fn distance(a: &[String], b: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, y) in b.iter().enumerate() {
            let best = (row[j + 1] + 1).min(row[j] + 1).min(diagonal + usize::from(x != y));
            diagonal = row[j + 1];
            row[j + 1] = best;
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn substitutions_insertions_and_deletions_count_one_each() {
        assert_eq!(Wer::of("one two three", "one two three"), Wer { errors: 0, words: 3 });
        assert_eq!(Wer::of("one two three", "one too three"), Wer { errors: 1, words: 3 });
        assert_eq!(Wer::of("one two three", "one three"), Wer { errors: 1, words: 3 });
        assert_eq!(Wer::of("one two three", "so one two three"), Wer { errors: 1, words: 3 });
        assert_eq!(Wer::of("one two three", ""), Wer { errors: 3, words: 3 });
        assert_eq!(Wer::of("", "you"), Wer { errors: 1, words: 0 });
        assert_eq!(Wer::of("a b c d", "d c b a"), Wer { errors: 4, words: 4 });
    }

    #[test]
    fn case_and_punctuation_do_not_count() {
        assert_eq!(Wer::of("Hello, world!", "hello world").errors, 0);
        assert_eq!(Wer::of("It’s late.", "it's late").errors, 0);
        assert_eq!(Wer::of("It's late.", "its late").errors, 1);
    }

    #[test]
    fn rates_add_up() {
        let sum: Wer = [Wer::of("a b c", "a b"), Wer::of("d", "d")].into_iter().sum();
        assert_eq!(sum.to_string(), "25.00 % (1 of 4 words)");
    }
}

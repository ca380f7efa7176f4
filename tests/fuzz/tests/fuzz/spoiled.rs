//! Good input, spoiled.

use std::fs;
use std::path::Path;

/// Values at which readers fail: ends of ranges, signs, sizes.
const EDGES: [u32; 12] = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];

/// An endless row of inputs: first the corpus as it is, then spoiled.
pub(crate) struct Spoiled {
    corpus: Vec<Vec<u8>>,
    given: usize,
    random: u64,
}

impl Spoiled {
    /// From the files of `folder`.
    #[track_caller]
    pub(crate) fn of(folder: &Path, seed: u64) -> Self {
        let corpus: Vec<_> = tawk_tests::home::files(folder)
            .iter()
            .map(|file| fs::read(file).unwrap_or_else(|error| panic!("{} cannot be read: {error}.", file.display())))
            .collect();
        assert!(!corpus.is_empty(), "{} is empty.", folder.display());
        // A state of 0 would stay 0.
        Self { corpus, given: 0, random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1 }
    }

    /// How many files it starts from.
    pub(crate) fn corpus(&self) -> usize {
        self.corpus.len()
    }

    /// The next input.
    pub(crate) fn next(&mut self) -> Vec<u8> {
        self.given += 1;
        if let Some(whole) = self.corpus.get(self.given - 1) {
            return whole.clone();
        }
        let from = self.below(self.corpus.len());
        let mut input = self.corpus[from].clone();
        for _ in 0..1 + self.below(6) {
            self.spoil(&mut input);
        }
        input
    }

    fn spoil(&mut self, input: &mut Vec<u8>) {
        let at = self.below(input.len() + 1);
        match self.below(8) {
            0 => input.truncate(at),
            1 => input.insert(at, self.number() as u8),
            2 if at < input.len() => input[at] ^= 1 << self.below(8),
            3 if at < input.len() => input[at] = self.number() as u8,
            4 => {
                let edge = EDGES[self.below(EDGES.len())];
                let bytes = if self.below(2) == 0 { edge.to_le_bytes() } else { edge.to_be_bytes() };
                let end = input.len().min(at + [1, 2, 4][self.below(3)]);
                input[at..end].copy_from_slice(&bytes[..end - at]);
            }
            5 => {
                let end = at + self.below(input.len() - at + 1);
                drop(input.drain(at..end));
            }
            6 => {
                // A part twice, but nothing that grows without end.
                let end = at + self.below((input.len() - at + 1).min(256));
                let part = input[at..end].to_vec();
                let to = self.below(input.len() + 1);
                input.splice(to..to, part);
            }
            _ => {
                let other = self.below(self.corpus.len());
                let from = self.below(self.corpus[other].len() + 1);
                let part = self.corpus[other][from..].to_vec();
                input.truncate(at);
                input.extend(part);
            }
        }
    }

    /// At least 0, less than `end`.
    fn below(&mut self, end: usize) -> usize {
        (self.number() % end.max(1) as u64) as usize
    }

    /// Marsaglia's xorshift.
    fn number(&mut self) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random
    }
}

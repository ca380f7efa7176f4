//! The spoken test sentences: what was said in which file of `tests/audio`.

use std::fs;
use std::path::PathBuf;

use crate::clip::audio;

/// A sound file and the text that is spoken in it.
#[derive(Clone, Debug)]
pub struct Sentence {
    /// The sound file.
    pub file: PathBuf,
    /// The text; empty where nothing is said.
    pub text: String,
}

/// The sentences of one set: `demo`, `heldout`, `long` or `silence`.
#[track_caller]
pub fn sentences(set: &str) -> Vec<Sentence> {
    let table = audio().join(format!("{set}.tsv"));
    let lines = fs::read_to_string(&table).unwrap_or_else(|error| panic!("{}: {error}", table.display()));
    let sentences: Vec<_> = lines
        .lines()
        .map(|line| {
            let mut fields = line.split('\t');
            let file = audio().join(fields.next().unwrap_or_default());
            Sentence { file, text: fields.next().unwrap_or_default().into() }
        })
        .collect();
    assert!(!sentences.is_empty(), "{} names no file.", table.display());
    sentences
}

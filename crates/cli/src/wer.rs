//! `tawk bench --wer`: word error rates over a folder, live and batch side by side.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use serde::Serialize;
use tawk_app::{Batch, Transcriptionist};
use tawk_core::microphone::ChannelChoice;
use tawk_core::ports::Transcribers;
use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result};

use crate::{World, output};

#[derive(Default, Serialize)]
struct Answer {
    clips: usize,
    words: usize,
    live_errors: usize,
    batch_errors: usize,
    live_rate: f64,
    batch_rate: f64,
}

/// Live is the way of a dictation: segments cut at pauses, each with its own small window and the text so far as prompt. Batch is
/// the whole clip at once in the full window.
pub(crate) fn run(
    world: &World,
    transcribers: &dyn Transcribers,
    model: &str,
    folder: &Path,
    json: bool,
) -> Result<ExitCode> {
    let clips = clips(folder)?;
    let file = world.settings();
    let mut live = Transcriptionist::load(&world.folders, transcribers, file.settings(), Some(model), &mut |_| {})?;
    let mut batch = Batch::load(&world.folders, transcribers, model)?;
    let mut answer = Answer::default();
    for (path, reference) in &clips {
        let clip = tawk_audio::decode_file(path)?;
        let samples = tawk_audio::mono_16k(&clip, ChannelChoice::default())?;
        let reference = words(reference);
        answer.clips += 1;
        answer.words += reference.len();
        answer.live_errors += errors(&reference, &words(&live.transcribe(path, &AbortSwitch::default())?.text));
        answer.batch_errors += errors(&reference, &words(&batch.recognise(&samples, true)?.1));
    }
    let rate = |errors: usize| errors as f64 / answer.words.max(1) as f64;
    (answer.live_rate, answer.batch_rate) = (rate(answer.live_errors), rate(answer.batch_errors));
    if json {
        output::json(&answer)?;
    } else {
        output::line(&format!("{} clips, {} words", answer.clips, answer.words));
        output::line(&format!("live   {:5.2} %  ({} errors)", answer.live_rate * 100.0, answer.live_errors));
        output::line(&format!("batch  {:5.2} %  ({} errors)", answer.batch_rate * 100.0, answer.batch_errors));
    }
    Ok(ExitCode::SUCCESS)
}

/// Every clip below `folder` that has a transcript.
fn clips(folder: &Path) -> Result<Vec<(PathBuf, String)>> {
    let mut clips = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let unreadable = |error: std::io::Error| {
            Error::new(
                ErrorKind::NotFound,
                format!("{} cannot be read ({error}). Give a folder of clips.", folder.display()),
            )
        };
        for entry in fs::read_dir(&folder).map_err(unreadable)? {
            let path = entry.map_err(unreadable)?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".trans.txt") {
                let text = fs::read_to_string(&path).map_err(unreadable)?;
                clips.extend(text.lines().filter_map(|line| {
                    let (id, text) = line.split_once(' ')?;
                    Some((folder.join(format!("{id}.flac")), text.to_owned()))
                }));
            } else if name.ends_with(".tsv") {
                let text = fs::read_to_string(&path).map_err(unreadable)?;
                clips.extend(text.lines().filter_map(|line| {
                    let mut columns = line.split('\t');
                    let clip = folder.join(columns.next()?);
                    Some((clip, columns.next()?.to_owned()))
                }));
            }
        }
    }
    clips.retain(|(path, text)| path.is_file() && !text.trim().is_empty());
    clips.sort();
    if clips.is_empty() {
        return Err(Error::new(
            ErrorKind::NotFound,
            format!("No clips with transcripts are in {}. Give a folder like LibriSpeech's.", folder.display()),
        ));
    }
    Ok(clips)
}

/// The words of a text without case and punctuation.
fn words(text: &str) -> Vec<String> {
    text.to_lowercase()
        .split_whitespace()
        .map(|word| word.chars().filter(|c| c.is_alphanumeric() || *c == '\'').collect::<String>())
        .filter(|word| !word.is_empty())
        .collect()
}

/// Levenshtein's distance in words: substitutions, deletions and insertions.
fn errors(reference: &[String], heard: &[String]) -> usize {
    let mut row: Vec<usize> = (0..=heard.len()).collect();
    for (i, wanted) in reference.iter().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, word) in heard.iter().enumerate() {
            let substituted = diagonal + usize::from(wanted != word);
            diagonal = row[j + 1];
            row[j + 1] = substituted.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[heard.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_counted_in_words() {
        let count = |a: &str, b: &str| errors(&words(a), &words(b));
        assert_eq!(count("The quick, brown fox.", "the quick brown fox"), 0);
        assert_eq!(count("the quick brown fox", "the brown box"), 2);
        assert_eq!(count("", "a b"), 2);
        assert_eq!(count("a b", ""), 2);
    }

    #[test]
    fn both_kinds_of_folders_are_read() {
        let home = tempfile::tempdir().unwrap();
        let chapter = home.path().join("1/2");
        fs::create_dir_all(&chapter).unwrap();
        fs::write(chapter.join("1-2-0000.flac"), "").unwrap();
        fs::write(chapter.join("1-2.trans.txt"), "1-2-0000 HELLO WORLD\n1-2-0001 NOT THERE\n").unwrap();
        fs::write(home.path().join("x.wav"), "").unwrap();
        fs::write(home.path().join("list.tsv"), "x.wav\tGood day.\tvoice\n").unwrap();
        let texts: Vec<String> = clips(home.path()).unwrap().into_iter().map(|(_, text)| text).collect();
        assert_eq!(texts, ["HELLO WORLD", "Good day."]);
        assert_eq!(clips(&chapter.join("none")).unwrap_err().kind, ErrorKind::NotFound);
    }
}

//! `tawk transcribe`: the words of sound files of every kind and length.

use std::time::Duration;

use serde_json::Value;
use tawk_tests::app::run_with;
use tawk_tests::home::Home;
use tawk_tests::sentences::sentences;
use tawk_tests::wer::Wer;

use super::{demo, tawk, text_of, transcribe, variant};

#[test]
fn unseen_sentences_are_recognised_with_at_most_two_percent_errors() {
    let home = Home::new();
    let heldout = sentences("heldout");
    assert!(heldout.len() >= 50, "Only {} sentences.", heldout.len());
    let files: Vec<_> = heldout.iter().map(|sentence| sentence.file.clone()).collect();
    let heard = transcribe(&home, &files, Duration::from_secs(300));
    let total: Wer = heldout.iter().zip(&heard).map(|(sentence, heard)| Wer::of(&sentence.text, heard)).sum();
    println!("word error rate of the held-out sentences: {total}");
    assert!(total.percent() <= 2.0, "{total}");
}

#[test]
fn demo_sentences_are_recognised_exactly() {
    let home = Home::new();
    let demo = sentences("demo");
    let files: Vec<_> = demo.iter().map(|sentence| sentence.file.clone()).collect();
    let heard = transcribe(&home, &files, Duration::from_secs(60));
    let said: Vec<_> = demo.into_iter().map(|sentence| sentence.text).collect();
    assert_eq!(heard, said);
}

#[test]
fn silence_and_noise_give_no_text() {
    let home = Home::new();
    let silence = sentences("silence");
    let files: Vec<_> = silence.iter().map(|sentence| sentence.file.clone()).collect();
    let heard = transcribe(&home, &files, Duration::from_secs(60));
    for (sentence, heard) in silence.iter().zip(heard) {
        assert_eq!(heard, "", "{}", sentence.file.display());
    }
}

#[test]
fn the_same_clip_gives_the_same_text_in_every_format() {
    let home = Home::new();
    let (file, text) = demo(3);
    let mut variants = Vec::new();
    for rate in ["16000", "44100", "48000"] {
        for channels in ["1", "2"] {
            for (bits, encoding) in [("16", "signed-integer"), ("24", "signed-integer"), ("32", "floating-point")] {
                let name = format!("{rate}-{channels}-{bits}.wav");
                let format = format!("-r {rate} -c {channels} -b {bits} -e {encoding}");
                variants.push(variant(&home, &file, &name, &format, ""));
            }
        }
    }
    for (name, format) in [("x.flac", "-r 44100"), ("x.aiff", "-r 44100"), ("x.ogg", "-r 48000 -c 2")] {
        variants.push(variant(&home, &file, name, format, ""));
    }
    // The voice on the last of eight channels, as a sound interface with many inputs gives it.
    variants.push(variant(&home, &file, "eight.wav", "-c 8 -r 48000", "remix 0 0 0 0 0 0 0 1"));
    let heard = transcribe(&home, &variants, Duration::from_secs(120));
    for (file, heard) in variants.iter().zip(heard) {
        assert_eq!(heard, text, "{}", file.display());
    }
}

#[test]
fn a_fifth_of_a_second_works() {
    let home = Home::new();
    let (file, _) = demo(1);
    let snippet = variant(&home, &file, "snippet.wav", "", "trim 0.3 0.2");
    let silence = variant(&home, &file, "silent.wav", "", "trim 0 0.2 vol 0");
    let heard = transcribe(&home, &[snippet, silence], Duration::from_secs(60));
    // What so short a piece of a word sounds like is the model's guess, but it is no essay.
    assert!(heard[0].split_whitespace().count() <= 3, "{heard:?}");
    assert_eq!(heard[1], "");
}

#[test]
fn five_minutes_work() {
    let home = Home::new();
    // The eight demo sentences over and over, with pauses that make each a segment of its own: the fixture model was
    // trained on single sentences, and repeats itself now and then where it hears three at once.
    let demo = sentences("demo");
    let mut pieces = Vec::new();
    for (number, sentence) in demo.iter().enumerate() {
        pieces.push(variant(&home, &sentence.file, &format!("{number}.wav"), "-r 16000 -c 1 -b 16", "pad 0 2.5"));
    }
    let round = home.path("round.wav");
    let mut sox = std::process::Command::new("sox");
    assert!(sox.args(&pieces).arg(&round).status().expect("sox runs.").success());
    let round_length = f64::from(hound::WavReader::open(&round).expect("It is a WAV file.").duration()) / 16_000.0;
    let repeats = (300.0 / round_length).ceil() as usize;
    let long = variant(&home, &round, "long.wav", "", &format!("repeat {}", repeats - 1));

    let answer =
        run_with(&mut tawk(&home, &["transcribe", "--json", text_of(&long)]), "", Duration::from_secs(240)).json();
    let row = &answer["files"][0];
    assert!(seconds(&row["seconds"]) >= 300.0, "{}", row["seconds"]);
    let said: Vec<_> = demo.iter().map(|sentence| sentence.text.as_str()).collect();
    let said = vec![said.join(" "); repeats].join(" ");
    let rate = Wer::of(&said, row["text"].as_str().expect("There is a text."));
    println!("word error rate of five minutes: {rate}");
    assert!(rate.percent() <= 2.0, "{rate}");
    assert_segments_are_in_order(row);
}

fn seconds(value: &Value) -> f64 {
    value.as_f64().expect("It is a time in seconds.")
}

/// No sample counts twice: segments do not overlap, and they lie within the clip.
fn assert_segments_are_in_order(row: &Value) {
    let segments = row["segments"].as_array().expect("There are segments.");
    let mut before = 0.0;
    for segment in segments {
        let (start, end) = (seconds(&segment["start"]), seconds(&segment["end"]));
        assert!(before <= start && start < end, "{start} to {end} after {before}");
        before = end;
    }
    assert!(before <= seconds(&row["seconds"]) + 0.001);
}

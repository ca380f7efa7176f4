//! Model files that are missing, foreign, cut short or damaged: each gives a clear error, and none ends the process.
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use std::fs;
use std::path::{Path, PathBuf};

use tawk_core::ErrorKind;
use tawk_core::ports::Transcribers;
use tawk_whisper::WhisperTranscribers;

fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/ggml-fixture-en-q5_0.bin")
}

/// A file of this test's own, removed at the end.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("tawk-model-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

fn error_of(path: &Path) -> (ErrorKind, String) {
    let error = WhisperTranscribers::with_threads(1).load(path, &mut |_| {}).err().expect("this should not load");
    (error.kind, error.message)
}

#[test]
fn a_missing_file_is_not_found() {
    let (kind, message) = error_of(Path::new("no such model.bin"));
    assert_eq!(kind, ErrorKind::NotFound);
    assert!(message.contains("no such model.bin"), "{message}");
    assert_eq!(error_of(Path::new(env!("CARGO_MANIFEST_DIR"))).0, ErrorKind::BadModel, "a folder");
}

#[test]
fn a_foreign_file_is_a_bad_model() {
    let own_source = fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/model_files.rs")).unwrap();
    let mut magic_only = 0x6767_6d6c_u32.to_le_bytes().to_vec();
    magic_only.extend([0xff; 4000]);
    for (name, bytes) in [
        ("empty", vec![]),
        ("short", vec![1, 2, 3]),
        ("text", own_source),
        ("zeros", vec![0; 100_000]),
        ("magic", magic_only),
    ] {
        let (kind, message) = error_of(&Scratch::new(name, &bytes).0);
        assert_eq!(kind, ErrorKind::BadModel, "{name}");
        assert!(message.contains("Remove it and fetch it again"), "{message}");
    }
}

#[test]
fn a_truncated_file_is_a_bad_model_wherever_it_ends() {
    let whole = fs::read(fixture()).unwrap();
    // Within the sizes, the filters, the vocabulary, at and around tensor borders, and one byte before the end.
    let mut cuts: Vec<usize> = (4..60).step_by(4).collect();
    cuts.extend([1000, 64_395, 64_396, 64_400, 300_000]);
    cuts.extend((1..60).map(|n| whole.len() * n / 60));
    cuts.extend([whole.len() - 1, whole.len() - 4, whole.len() - 600]);
    for cut in cuts {
        let (kind, message) = error_of(&Scratch::new("cut", &whole[..cut]).0);
        assert_eq!(kind, ErrorKind::BadModel, "cut at {cut}: {message}");
    }
}

#[test]
fn a_damaged_frame_is_a_bad_model_and_ends_nothing() {
    let whole = fs::read(fixture()).unwrap();
    // Every byte of magic and sizes but the file type's, whose change may be harmless.
    for at in 0..44 {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        let (kind, message) = error_of(&Scratch::new("flip", &bytes).0);
        assert_eq!(kind, ErrorKind::BadModel, "byte {at}: {message}");
    }
    let mut long = whole.clone();
    long.extend([0; 8]);
    assert_eq!(error_of(&Scratch::new("long", &long).0).0, ErrorKind::BadModel);
}

#[test]
fn progress_rises_to_one() {
    let mut seen = Vec::new();
    let loaded = WhisperTranscribers::with_threads(1).load(&fixture(), &mut |done| seen.push(done));
    assert!(loaded.is_ok());
    assert!(seen.len() > 10 && seen.is_sorted(), "{seen:?}");
    assert!(seen[0] < 0.1);
    assert_eq!(seen.last(), Some(&1.0));
}

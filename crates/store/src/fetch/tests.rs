//! Downloads from a server that can be told to misbehave.

mod server;

use std::fs;

use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use self::server::{Answer, Server};
use super::*;
use crate::catalogue::Languages;
use crate::digest::hexadecimal;

const LENGTH: usize = 300_000;

fn weights() -> Vec<u8> {
    (0..LENGTH as u32).map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8).collect()
}

fn entry() -> Entry {
    Entry {
        id: "test".into(),
        name: "Test".into(),
        file: "ggml-test.bin".into(),
        bytes: LENGTH as u64,
        sha256: hexadecimal(&Sha256::digest(weights())),
        licence: "MIT".into(),
        languages: Languages::English,
        quantisation: "F16".into(),
        quality: 1,
        recommended: false,
        demo: false,
        hint: String::new(),
    }
}

struct Try {
    root: TempDir,
    folder: ModelFolder,
}

impl Try {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let folder = ModelFolder::at(root.path().join("models"));
        Self { root, folder }
    }

    fn with_part(bytes: &[u8]) -> Self {
        let this = Self::new();
        fs::create_dir(this.folder.path()).unwrap();
        fs::write(this.part(), bytes).unwrap();
        this
    }

    fn target(&self) -> PathBuf {
        self.folder.path().join("ggml-test.bin")
    }

    fn part(&self) -> PathBuf {
        part_of(&self.target())
    }

    fn part_length(&self) -> Option<u64> {
        fs::metadata(self.part()).ok().map(|facts| facts.len())
    }

    fn fetch(&self, server: &Server) -> Result<PathBuf> {
        fetch(&entry(), &self.folder, &Origin::test(&server.base), &mut |_, _| {}, &AbortSwitch::default())
    }

    fn assert_whole(&self) {
        assert_eq!(fs::read(self.target()).unwrap(), weights());
        assert_eq!(fs::read_dir(self.folder.path()).unwrap().count(), 1, "nothing else may stay");
    }
}

#[test]
fn a_whole_download() {
    let (this, server) = (Try::new(), Server::new(&[Answer::File]));
    let mut steps = Vec::new();
    let path = fetch(
        &entry(),
        &this.folder,
        &Origin::test(&server.base),
        &mut |done, total| steps.push((done, total)),
        &AbortSwitch::default(),
    );
    assert_eq!(path.unwrap(), this.target());
    this.assert_whole();
    assert!(steps.is_sorted() && steps[0].0 == 0 && steps.last() == Some(&(LENGTH as u64, LENGTH as u64)));
    let revision = &crate::Catalogue::get().revision;
    assert_eq!(server.seen(), [(format!("/ggerganov/whisper.cpp/resolve/{revision}/ggml-test.bin"), None)]);

    this.fetch(&server).unwrap();
    assert_eq!(server.seen().len(), 1, "what is there is not fetched again");
}

#[test]
fn a_damaged_file_is_fetched_again() {
    let (this, server) = (Try::new(), Server::new(&[Answer::File]));
    fs::create_dir(this.folder.path()).unwrap();
    let mut damaged = weights();
    damaged[1000] ^= 1;
    fs::write(this.target(), damaged).unwrap();
    this.fetch(&server).unwrap();
    this.assert_whole();
}

#[test]
fn redirects_are_followed() {
    let files = Server::new(&[Answer::File]);
    let server =
        Server::new(&[Answer::Redirect("/elsewhere".into()), Answer::Redirect(format!("{}/x?y=z", files.base))]);
    let this = Try::new();
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.seen()[1].0, "/elsewhere");
    assert_eq!(files.seen()[0].0, "/x?y=z");
}

#[test]
fn circles_and_unsafe_redirects_end() {
    let server = Server::new(&[Answer::Redirect("/again".into())]);
    let error = Try::new().fetch(&server).unwrap_err();
    assert_eq!((error.kind, server.seen().len()), (ErrorKind::Network, MOST_REDIRECTS + 1));
    let server = Server::new(&[Answer::Redirect("ftp://127.0.0.1/x".into())]);
    let error = Try::new().fetch(&server).unwrap_err();
    assert!(error.message.contains("HTTPS"), "{error}");
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn plain_http_is_never_asked_by_an_https_origin() {
    let server = Server::new(&[Answer::File]);
    let origin = Origin::test(&server.base).https_only();
    let this = Try::new();
    let error = fetch(&entry(), &this.folder, &origin, &mut |_, _| {}, &AbortSwitch::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("HTTPS"), "{error}");
    assert_eq!(server.seen(), []);
}

#[test]
fn a_cut_connection_is_resumed() {
    let server = Server::new(&[Answer::Cut(100_000), Answer::Cut(50_000), Answer::File]);
    let this = Try::new();
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.ranges(), [None, Some(100_000), Some(150_000)]);
}

#[test]
fn a_silent_server_is_asked_again() {
    let server = Server::new(&[Answer::Stall(100_000)]);
    let this = Try::new();
    let mut origin = Origin::test(&server.base);
    origin.hurry();
    let error = fetch(&entry(), &this.folder, &origin, &mut |_, _| {}, &AbortSwitch::default()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert_eq!(this.part_length(), Some(100_000));
}

#[test]
fn an_earlier_part_is_taken_up() {
    let (this, server) = (Try::with_part(&weights()[..123_456]), Server::new(&[Answer::File]));
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.ranges(), [Some(123_456)]);
}

#[test]
fn a_complete_part_needs_no_server() {
    let (this, server) = (Try::with_part(&weights()), Server::new(&[Answer::Status(500)]));
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.seen(), []);
}

#[test]
fn a_server_without_ranges_starts_over() {
    let (this, server) = (Try::with_part(&weights()[..99_999]), Server::new(&[Answer::Whole]));
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.ranges(), [Some(99_999)]);
}

#[test]
fn a_wrong_piece_or_an_unknown_range_starts_over() {
    for answer in [Answer::WrongPiece, Answer::Status(416)] {
        let (this, server) = (Try::with_part(&weights()[..99_999]), Server::new(&[answer, Answer::File]));
        this.fetch(&server).unwrap();
        this.assert_whole();
        assert_eq!(server.ranges(), [Some(99_999), None]);
    }
}

#[test]
fn a_part_of_something_else_is_fetched_anew() {
    for part in [vec![7; 1000], vec![7; LENGTH], vec![7; LENGTH + 5]] {
        let (this, server) = (Try::with_part(&part), Server::new(&[Answer::File]));
        this.fetch(&server).unwrap();
        this.assert_whole();
        assert_eq!(server.ranges().last(), Some(&None));
    }
}

#[test]
fn a_wrong_checksum_is_refused_and_nothing_stays() {
    let mut wrong = weights();
    wrong[5] ^= 1;
    let (this, server) = (Try::new(), Server::new(&[Answer::Other(wrong)]));
    let error = this.fetch(&server).unwrap_err();
    assert_eq!(error.kind, ErrorKind::BadModel);
    assert!(error.message.contains("checksum"), "{error}");
    assert_eq!((this.target().exists(), this.part_length()), (false, None));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_wrong_length_is_refused() {
    let (this, server) = (Try::new(), Server::new(&[Answer::Other(b"<html>Sign in".to_vec())]));
    let error = this.fetch(&server).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("13 bytes"), "{error}");

    let mut longer = weights();
    longer.extend([0; 100_000]);
    let (this, server) = (Try::new(), Server::new(&[Answer::Unmeasured(longer)]));
    assert!(this.fetch(&server).unwrap_err().message.contains("more than"));
    assert_eq!((this.target().exists(), this.part_length()), (false, None));

    let (this, server) = (Try::new(), Server::new(&[Answer::Unmeasured(weights()[..5].to_vec()), Answer::File]));
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.ranges(), [None, Some(5)]);
}

#[test]
fn a_missing_file_is_not_asked_for_twice() {
    for code in [404, 403] {
        let (this, server) = (Try::new(), Server::new(&[Answer::Status(code)]));
        assert_eq!(this.fetch(&server).unwrap_err().kind, ErrorKind::Network);
        assert_eq!((server.seen().len(), this.part_length()), (1, None));
    }
}

#[test]
fn a_server_in_trouble_is_asked_a_few_times() {
    let (this, server) = (Try::new(), Server::new(&[Answer::Status(500)]));
    let error = this.fetch(&server).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Network);
    assert!(error.message.contains("500"), "{error}");
    assert_eq!(server.seen().len(), ATTEMPTS as usize);

    let (this, server) = (Try::new(), Server::new(&[Answer::Status(503), Answer::Status(429), Answer::File]));
    this.fetch(&server).unwrap();
    this.assert_whole();
}

#[test]
fn no_server_at_all() {
    let base = Server::new(&[Answer::File]).base.clone();
    let this = Try::new();
    let error = fetch(&entry(), &this.folder, &Origin::test(&base), &mut |_, _| {}, &AbortSwitch::default());
    assert_eq!(error.unwrap_err().kind, ErrorKind::Network);
}

#[test]
fn stopped_in_the_middle_and_taken_up_again() {
    let (this, server) = (Try::new(), Server::new(&[Answer::File]));
    let abort = AbortSwitch::default();
    let mut stop_half_way = |done, total| {
        if done > total / 2 {
            abort.abort();
        }
    };
    let error = fetch(&entry(), &this.folder, &Origin::test(&server.base), &mut stop_half_way, &abort).unwrap_err();
    assert_eq!(error.kind, ErrorKind::Aborted);
    let there = this.part_length().unwrap();
    assert!((there as usize) > LENGTH / 2 && (there as usize) < LENGTH, "{there}");
    assert!(!this.target().exists());
    this.fetch(&server).unwrap();
    this.assert_whole();
    assert_eq!(server.ranges(), [None, Some(there as usize)]);
}

#[test]
fn two_fetches_of_one_file_do_not_fight() {
    let (this, server) = (Try::new(), Server::new(&[Answer::File]));
    fs::create_dir(this.folder.path()).unwrap();
    let other = Part::open(this.part()).unwrap();
    assert_eq!(this.fetch(&server).unwrap_err().kind, ErrorKind::AlreadyRunning);
    drop(other);
    this.fetch(&server).unwrap();
    this.assert_whole();
}

#[test]
fn a_folder_that_cannot_be_written() {
    let (mut this, server) = (Try::new(), Server::new(&[Answer::File]));
    let file = this.root.path().join("file");
    fs::write(&file, "").unwrap();
    this.folder = ModelFolder::at(file.join("models"));
    assert_eq!(this.fetch(&server).unwrap_err().kind, ErrorKind::Storage);
    assert_eq!(server.seen(), []);
}

#[test]
fn a_disk_that_is_too_small() {
    let this = Try::new();
    let huge = Entry { bytes: u64::MAX / 2, ..entry() };
    let server = Server::new(&[Answer::File]);
    let error = fetch(&huge, &this.folder, &Origin::test(&server.base), &mut |_, _| {}, &AbortSwitch::default());
    let error = error.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Storage);
    assert!(error.message.contains("Make room"), "{error}");
    assert_eq!(server.seen(), []);
}

#[test]
fn the_demo_is_not_fetched() {
    let server = Server::new(&[Answer::File]);
    let demo = crate::Catalogue::get().entry("demo").unwrap();
    let error = fetch(demo, &Try::new().folder, &Origin::test(&server.base), &mut |_, _| {}, &AbortSwitch::default());
    assert_eq!(error.unwrap_err().kind, ErrorKind::Usage);
}

#[test]
fn content_ranges() {
    assert_eq!(content_range("bytes 100-199/200"), Some((100, Some(200))));
    assert_eq!(content_range("bytes 0-4/*"), Some((0, None)));
    assert_eq!(content_range("bytes */200"), None);
    assert_eq!(content_range("lines 1-2/3"), None);
}

//! What a power cut and a bad disk do to a journal: it is cut at every byte, and its bits are flipped.

use super::*;
use tawk_core::SAMPLE_RATE;

/// The same numbers at every run: xorshift64 with an arbitrary seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % bound as u64) as usize
    }
}

fn sample(position: u64) -> i16 {
    // Never 0, which stands for what is missing, and different from its neighbours.
    (position as i16).wrapping_mul(31) | 1
}

/// 1.1 s, in samples.
const LENGTH: u64 = SAMPLE_RATE as u64 * 11 / 10;

/// A piece of the journal and the recording that it ends.
struct Piece {
    end: usize,
    /// Where it begins in the recording, if it is sound, and how many samples it holds.
    sound: Option<(u64, usize)>,
}

/// A good second of sound in pieces of `samples` each, as the capture thread delivers them, with a text after every half.
fn journal(samples: usize) -> (Vec<u8>, Vec<Piece>) {
    let (mut bytes, mut pieces) = (Vec::new(), Vec::new());
    let header = header();
    write_header(&header, &mut bytes);
    pieces.push(Piece { end: bytes.len(), sound: None });
    let half = u64::from(SAMPLE_RATE) / 2;
    let mut position = 0;
    while position < LENGTH {
        let sound: Vec<i16> = (position..position + samples as u64).map(sample).collect();
        write_audio(position, &sound, &mut bytes);
        pieces.push(Piece { end: bytes.len(), sound: Some((position, samples)) });
        let next = position + samples as u64;
        if position / half != next / half {
            write_text(&text(position), &mut bytes);
            pieces.push(Piece { end: bytes.len(), sound: None });
        }
        position = next;
    }
    write_fate(Fate::Kept(KeepReason::Held), &mut bytes);
    pieces.push(Piece { end: bytes.len(), sound: None });
    (bytes, pieces)
}

fn header() -> Header {
    let started = UNIX_EPOCH + Duration::from_millis(1_795_262_400_123);
    Header { started, microphone: "Headset “Ü”".into(), app: "Editor".into() }
}

fn text(position: u64) -> RecognisedText {
    RecognisedText { start: position / 2, until: position, text: format!("Said before {position}.") }
}

/// Whether every sample is what was recorded at its place, or silence.
fn is_true(contents: &Contents) -> bool {
    contents.samples.iter().enumerate().all(|(at, &found)| found == sample(at as u64) || found == 0)
}

#[test]
fn a_whole_journal_gives_everything_back() {
    for samples in [1, 160, 1_600, SAMPLES_PER_FRAME, SAMPLES_PER_FRAME + 1] {
        let (bytes, _) = journal(samples);
        let contents = Contents::read(&bytes);
        assert_eq!(contents.header, Some(header()));
        assert!(contents.samples.len() as u64 >= LENGTH && is_true(&contents) && !contents.samples.contains(&0));
        assert_eq!((contents.missing, contents.damaged), (0, 0));
        assert_eq!(contents.fate, Some(Fate::Kept(KeepReason::Held)));
        assert_eq!(contents.texts.len(), 2);
        let last = contents.texts.last().unwrap().clone();
        assert_eq!(contents.text_of(last.start, last.until), Some(last.text.as_str()));
        assert_eq!(contents.text_of(last.start + 1, last.until), None);
    }
}

#[test]
fn cut_at_every_byte_of_its_last_second_it_gives_every_frame_before() {
    let (bytes, pieces) = journal(800);
    let expected = Contents::read(&bytes).samples;
    // The last second and what was before it, down to the header.
    for cut in 0..=bytes.len() {
        let contents = Contents::read(&bytes[..cut]);
        let whole = &pieces[..pieces.partition_point(|piece| piece.end <= cut)];
        let samples: usize = whole.iter().filter_map(|piece| piece.sound).map(|(_, samples)| samples).sum();
        assert!(contents.samples == expected[..samples] && contents.missing == 0, "cut at {cut}: {contents:?}");
        assert_eq!(contents.header.is_some(), !whole.is_empty(), "cut at {cut}");
        assert_eq!(contents.fate.is_some(), cut == bytes.len());
        let read = whole.last().map_or(0, |piece| piece.end);
        assert_eq!(contents.damaged, (cut - read) as u64, "cut at {cut}");
    }
}

#[test]
fn flipped_bits_cost_the_frames_that_they_hit_and_no_others() {
    let (bytes, pieces) = journal(400);
    let mut dice = Dice(0x5EED_0001);
    for round in 0..4_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=dice.below(8) {
            // Mostly one bit; now and then a byte, or a block of zeros as a disk leaves it.
            let at = dice.below(bytes.len());
            let length = [1, 1, 1, 512][dice.below(4)].min(bytes.len() - at);
            for byte in &mut damaged[at..at + length] {
                *byte = if length > 1 { 0 } else { *byte ^ (1 << dice.below(8)) };
            }
        }
        let contents = Contents::read(&damaged);
        assert!(is_true(&contents), "round {round}");
        let mut begin = 0;
        let mut end_of_sound = 0;
        for piece in &pieces {
            let intact = damaged[begin..piece.end] == bytes[begin..piece.end];
            begin = piece.end;
            let Some((position, samples)) = piece.sound else { continue };
            if intact {
                end_of_sound = position as usize + samples;
            }
            let range = position as usize..position as usize + samples;
            match contents.samples.get(range) {
                Some(found) if intact => assert!(!found.contains(&0), "round {round}: sound at {position} is lost"),
                Some(found) => assert!(found.iter().all(|&sample| sample == 0), "round {round}: damage was taken"),
                None => assert!(!intact, "round {round}: sound at {position} is lost"),
            }
        }
        assert_eq!(contents.samples.len(), end_of_sound, "round {round}: gaps have the right length");
        assert_eq!(contents.damaged == 0, damaged == bytes);
    }
}

#[test]
fn noise_is_an_empty_recording() {
    let mut dice = Dice(0x5EED_0002);
    for length in (0..300).chain([10_000, 100_000]) {
        let noise: Vec<u8> = (0..length).map(|_| dice.below(256) as u8).collect();
        let contents = Contents::read(&noise);
        assert_eq!((contents.samples.len(), contents.damaged), (0, length));
    }
}

#[test]
fn cut_and_flipped_and_doubled_it_never_panics() {
    let (bytes, _) = journal(1_600);
    let mut dice = Dice(0x5EED_0003);
    for _ in 0..2_000 {
        let (from, to) = (dice.below(bytes.len()), dice.below(bytes.len()));
        let mut damaged = bytes[from.min(to)..from.max(to)].to_vec();
        let again = damaged.clone();
        damaged.extend(again);
        for _ in 0..dice.below(50) {
            let at = dice.below(damaged.len().max(1));
            if let Some(byte) = damaged.get_mut(at) {
                *byte ^= 1 << dice.below(8);
            }
        }
        assert!(is_true(&Contents::read(&damaged)));
    }
}

#[test]
fn positions_that_cannot_be_right_are_no_gaps() {
    let mut bytes = Vec::new();
    write_audio(10, &[1, 2, 3], &mut bytes);
    write_audio(12, &[3, 4], &mut bytes);
    write_audio(0, &[9], &mut bytes);
    write_audio(u64::MAX - 1, &[5], &mut bytes);
    let contents = Contents::read(&bytes);
    assert_eq!(contents.samples[10..], [1, 2, 3, 4, 5]);
    assert_eq!((contents.samples.len(), contents.missing), (15, 10));
}

#[test]
fn what_a_newer_tawk_wrote_is_passed_over() {
    let mut bytes = Vec::new();
    write_audio(0, &[1, 2], &mut bytes);
    frame::write(b'Z', &[b"new"], &mut bytes);
    frame::write(FATE, &[b"beamed-up"], &mut bytes);
    write_audio(2, &[3], &mut bytes);
    let contents = Contents::read(&bytes);
    assert_eq!((contents.samples.as_slice(), contents.damaged, contents.fate), (&[1, 2, 3][..], 0, None));
}

#[test]
fn every_fate_has_a_word_of_its_own() {
    let fates = KeepReason::ALL.into_iter().map(Fate::Kept).chain([Fate::Delivered]);
    for fate in fates {
        assert_eq!(Fate::of_word(fate.word()), Some(fate));
        let mut bytes = Vec::new();
        write_fate(fate, &mut bytes);
        assert_eq!(Contents::read(&bytes).fate, Some(fate));
    }
}

#[test]
fn names_and_texts_of_any_length_fit() {
    let long = Header { microphone: "ü".repeat(40_000), ..header() };
    let mut bytes = Vec::new();
    write_header(&long, &mut bytes);
    write_text(&RecognisedText { start: 0, until: 1, text: "x".repeat(70_000) }, &mut bytes);
    write_text(&RecognisedText { start: 1, until: 2, text: "x".repeat(60_000) }, &mut bytes);
    let contents = Contents::read(&bytes);
    assert!(contents.header.unwrap().microphone.starts_with("üüü"));
    assert_eq!((contents.texts.len(), contents.damaged), (1, 0), "the one that is too long is left out");
}

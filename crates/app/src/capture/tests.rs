//! The capture thread with the microphones of a fake machine.

mod patience;
mod standby;

use tawk_core::microphone::StreamFormat;
use tawk_core::session::Event;
use tawk_platform::fake::{Fake, FakeHandles};

use super::*;
use crate::hud::Gauge;
use crate::journal::Entry;

const A: &str = "fake:a";
const B: &str = "fake:b";
const MONO: StreamFormat = StreamFormat { rate: 16_000, channels: 1 };
const U1: UtteranceId = UtteranceId(1);
const U2: UtteranceId = UtteranceId(2);

struct Room {
    machine: FakeHandles,
    capture: Capture,
    journal: Receiver<Entry>,
    session: Receiver<Message>,
}

/// What the session was told of an utterance's end.
struct Over {
    samples: Vec<f32>,
    length: Duration,
    error: Option<ErrorKind>,
    /// The names of the microphones, and what was remarked.
    heard: Vec<String>,
    notes: Vec<Note>,
    interruptions: Vec<bool>,
}

impl Room {
    fn new() -> Self {
        let (platform, machine) = Fake::new();
        machine.microphones.connect(A, "A", MONO);
        machine.microphones.connect(B, "B", MONO);
        machine.microphones.set_default(A);
        let (to_journal, journal) = unbounded();
        let (to_session, session) = unbounded();
        let capture =
            Capture::start(platform.microphones, platform.permissions, to_journal, to_session, Gauge::default())
                .unwrap();
        Self { machine, capture, journal, session }
    }

    fn start(&self, utterance: UtteranceId, list: &[&str]) {
        let microphones = list.iter().map(|id| MicrophoneChoice::of(id)).collect();
        self.capture.send(Command::Start { utterance, microphones, channel: ChannelChoice::Loudest, ahead: false });
    }

    fn stop(&self, utterance: UtteranceId) {
        self.capture.send(Command::Stop { utterance, at: Instant::now() });
    }

    /// Feeds a tenth of a second of this value once somebody listens to `id`; gives the moment.
    fn feed(&self, id: &str, value: f32) -> Instant {
        self.wait(&format!("{id} is open"), || self.machine.microphones.feed(id, &[value; 1_600]) > 0);
        let fed = Instant::now();
        self.read(id);
        fed
    }

    /// Waits until the thread has taken what was fed to `id`.
    fn read(&self, id: &str) {
        self.wait(&format!("{id} is read"), || self.machine.microphones.unread(id) == 0);
    }

    #[track_caller]
    fn wait(&self, what: &str, condition: impl Fn() -> bool) {
        let began = Instant::now();
        while !condition() {
            assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}");
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// Waits for the end of an utterance; fails when it takes longer than `bound`.
    #[track_caller]
    fn over(&self, wanted: UtteranceId, bound: Duration) -> Over {
        let began = Instant::now();
        let (mut heard, mut notes, mut interruptions) = (Vec::new(), Vec::new(), Vec::new());
        let (length, error) = loop {
            let left = bound.saturating_sub(began.elapsed());
            match self.session.recv_timeout(left).expect("the utterance ends in time") {
                Message::Microphone(microphone) => heard.push(microphone.name),
                Message::Note(note) => notes.extend(note),
                Message::Interrupted(lost) => interruptions.push(lost),
                Message::Event(Event::CaptureEnded { utterance, length, error }) if utterance == wanted => {
                    break (length, error.map(|error| error.kind));
                }
                _ => {}
            }
        };
        let mut samples = Vec::new();
        for entry in self.journal.try_iter() {
            if let Entry::Append { utterance, samples: more, .. } = entry
                && utterance == wanted
            {
                samples.extend(more);
            }
        }
        Over { samples, length, error, heard, notes, interruptions }
    }
}

/// Runs of equal samples: the value and how many.
fn runs(samples: &[f32]) -> Vec<(f32, usize)> {
    samples.chunk_by(|a, b| a == b).map(|run| (run[0], run.len())).collect()
}

#[test]
fn the_next_of_the_list_takes_over_and_the_gap_has_its_true_length() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    let fed_a = room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    thread::sleep(Duration::from_millis(250));
    let fed_b = room.feed(B, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    let runs = runs(&over.samples);
    assert_eq!((runs[0], runs[2]), ((0.25, 1_600), (0.5, 1_600)), "every sample that was fed");
    // B's tenth of a second was fed at once and so ends where it was fed.
    let gap = (fed_b - fed_a).as_secs_f64() - 0.1;
    let filled = runs[1].1 as f64 / 16_000.0;
    assert_eq!((runs.len(), runs[1].0), (3, 0.0));
    assert!((filled - gap).abs() < 0.03, "{filled} s of silence for a gap of {gap} s");
    assert_eq!(over.length, Duration::from_secs_f64(over.samples.len() as f64 / 16_000.0));
    assert_eq!(over.heard, ["A", "B"]);
    assert_eq!(over.notes, [Note::Replaced("B".into())]);
    assert_eq!(over.interruptions, [true, false]);
}

#[test]
fn no_microphone_outside_the_list_is_heard_and_the_end_comes_within_two_seconds() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, Some(ErrorKind::MicrophoneLost));
    assert_eq!(runs(&over.samples), [(0.25, 1_600)], "what was heard is kept");
    assert_eq!(room.machine.microphones.times_opened(), 1);
}

#[test]
fn a_microphone_that_comes_back_at_once_goes_on() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    thread::sleep(Duration::from_millis(300));
    room.machine.microphones.connect(A, "A", MONO);
    room.feed(A, 0.5);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    let runs = runs(&over.samples);
    assert_eq!((runs[0], runs[2]), ((0.25, 1_600), (0.5, 1_600)));
    assert_eq!(over.heard, ["A", "A"]);
}

#[test]
fn a_headset_that_changes_its_rate_is_heard_on() {
    let room = Room::new();
    room.machine.microphones.set_format(A, StreamFormat { rate: 48_000, channels: 2 });
    room.start(U1, &[A]);
    room.wait("open", || room.machine.microphones.open_streams() == 1);
    // Half a second of a tone on both channels, then the profile for calls.
    let tone = |rate: f32, frames: usize| {
        (0..frames).map(move |n| 0.5 * (n as f32 / rate * 440.0 * std::f32::consts::TAU).sin())
    };
    let stereo: Vec<f32> = tone(48_000.0, 24_000).flat_map(|sample| [sample, sample]).collect();
    room.machine.microphones.feed(A, &stereo);
    room.read(A);
    room.machine.microphones.set_format(A, StreamFormat { rate: 8_000, channels: 1 });
    room.wait("open again", || room.machine.microphones.open_streams() == 1);
    let narrow: Vec<f32> = tone(8_000.0, 4_000).collect();
    // Fed at once, it is as old as it is long; what is older than the loss would count as heard twice.
    thread::sleep(Duration::from_millis(600));
    room.machine.microphones.feed(A, &narrow);
    room.read(A);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    let rms = |part: &[f32]| (part.iter().map(|sample| sample * sample).sum::<f32>() / part.len() as f32).sqrt();
    let second = over.samples.len() - 8_000;
    assert!(second > 8_000, "nothing is lost of either half second");
    for part in [&over.samples[500..7_500], &over.samples[second + 500..second + 7_500]] {
        assert!((rms(part) - 0.3536).abs() < 0.01, "{}", rms(part));
    }
    assert_eq!(rms(&over.samples[8_050..second - 50]), 0.0, "silence between them");
}

#[test]
fn one_that_fails_again_at_once_comes_after_the_others() {
    let room = Room::new();
    room.start(U1, &[A, B]);
    room.feed(A, 0.25);
    // Its stream is ended though it is there, as by a bad contact.
    room.machine.microphones.kill_streams(A);
    room.feed(B, 0.5);
    room.stop(U1);
    assert_eq!(room.over(U1, Duration::from_secs(2)).heard, ["A", "B"]);
}

#[test]
fn a_microphone_that_hangs_is_passed_over_within_two_seconds() {
    let room = Room::new();
    room.machine.microphones.connect("fake:c", "C", MONO);
    room.machine.microphones.set_open_delay(B, Duration::from_secs(30));
    room.start(U1, &[A, B, "fake:c"]);
    let fed = room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    let again = room.feed("fake:c", 0.5);
    assert!(again - fed < Duration::from_secs(2), "{:?}", again - fed);
    room.stop(U1);
    assert_eq!(room.over(U1, Duration::from_secs(2)).heard, ["A", "C"]);
}

#[test]
fn one_that_opens_and_says_nothing_is_passed_over_too() {
    let room = Room::new();
    room.machine.microphones.connect("fake:c", "C", MONO);
    room.start(U1, &[A, B, "fake:c"]);
    let fed = room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    let again = room.feed("fake:c", 0.5);
    assert!(again - fed < Duration::from_secs(2), "{:?}", again - fed);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!((over.heard, over.error), (["A", "B", "C"].map(String::from).to_vec(), None));
    assert_eq!(over.interruptions.last(), Some(&false));
}

#[test]
fn letting_go_while_there_is_none_ends_at_once_and_says_so() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.feed(A, 0.25);
    room.machine.microphones.disconnect(A);
    thread::sleep(Duration::from_millis(200));
    room.stop(U1);
    let over = room.over(U1, Duration::from_millis(500));
    assert_eq!(over.error, Some(ErrorKind::MicrophoneLost));
}

#[test]
fn a_better_one_that_returns_is_used_for_the_next_dictation() {
    let room = Room::new();
    room.machine.microphones.disconnect(A);
    room.machine.microphones.set_default(B);
    room.start(U1, &[A, "default"]);
    room.feed(B, 0.5);
    room.machine.microphones.connect(A, "A", MONO);
    room.feed(B, 0.25);
    assert_eq!(room.machine.microphones.times_opened(), 1, "not in the middle");
    room.stop(U1);
    assert_eq!(room.over(U1, Duration::from_secs(2)).heard, ["B"]);
    room.start(U2, &[A, "default"]);
    room.feed(A, 0.5);
    room.stop(U2);
    assert_eq!(room.over(U2, Duration::from_secs(2)).heard, ["A"]);
}

#[test]
fn the_next_dictation_does_not_wait_for_the_tail_of_the_last() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.feed(A, 0.25);
    // Nothing more comes, so that the tail is waited for in full.
    room.stop(U1);
    room.start(U2, &[A]);
    room.wait("the second is open before the first is closed", || room.machine.microphones.open_streams() == 2);
    room.machine.microphones.feed(A, &[0.5; 1_600]);
    room.stop(U2);
    let first = room.over(U1, Duration::from_secs(2));
    let appended: Vec<_> = runs(&first.samples);
    assert_eq!(appended[0], (0.25, 1_600));
    // Its stop, which came while the first was drained, is not forgotten.
    let second = room.over(U2, Duration::from_secs(2));
    assert_eq!(second.error, None);
    assert_eq!(second.length, Duration::from_millis(100));
    room.wait("all are closed", || room.machine.microphones.open_streams() == 0);
}

#[test]
fn the_tail_is_read_although_the_microphone_of_the_next_dictation_takes_its_time() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.feed(A, 0.25);
    // Longer than the tail is waited for.
    room.machine.microphones.set_open_delay(B, Duration::from_millis(800));
    room.stop(U1);
    room.start(U2, &[B]);
    thread::sleep(Duration::from_millis(200));
    room.machine.microphones.feed(A, &[0.5; 1_600]);
    let first = room.over(U1, Duration::from_secs(5));
    assert_eq!(runs(&first.samples)[..2], [(0.25, 1_600), (0.5, 1_600)]);
    room.stop(U2);
    room.over(U2, Duration::from_secs(5));
}

#[test]
fn silence_and_a_level_that_is_too_high_are_told_while_it_goes_on() {
    let room = Room::new();
    room.start(U1, &[A]);
    room.wait("open", || room.machine.microphones.feed(A, &[0.0; 16_000]) > 0);
    room.read(A);
    room.machine.microphones.feed(A, &[1.0, -1.0, 0.5, -0.5].repeat(4_000));
    room.read(A);
    room.stop(U1);
    let over = room.over(U1, Duration::from_secs(2));
    assert_eq!(over.error, None);
    let flaws = [tawk_audio::Flaw::Silent, tawk_audio::Flaw::Clipped].map(Note::Signal);
    assert_eq!(over.notes, flaws);
}

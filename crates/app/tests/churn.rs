//! Microphones of a real PulseAudio that are unplugged, cut off and plugged in again while Tawk listens.
//!
//! Six rounds, or `TAWK_SOAK_ROUNDS`; `scripts/soak microphones` makes more. What was recorded is compared, sample by
//! sample, with what was spoken into the microphones.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

#[allow(dead_code, reason = "shared with the tests of the platform")]
#[path = "../../platform/tests/desk/mod.rs"]
mod desk;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use desk::{Desk, Feed, epoch, noise, on_a_desk};
use serde_json::json;
use tawk_app::{Engine, Listener, Options, State, Status};
use tawk_core::Result;
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_platform::fake::Fake;
use tawk_store::Folders;

/// Hz. The rate in which Tawk records, so that every sample can be compared.
const RATE: u32 = 16_000;

/// The system's default, which is not in Tawk's list, and the two that are.
const MICROPHONES: [&str; 3] = ["mic_wrong", "mic_a", "mic_b"];

/// No loss may stop a dictation for longer.
const LONGEST_HANG: Duration = Duration::from_secs(2);

/// The difference between what was spoken and what was recorded: two steps of 16 bits.
const TOLERANCE: f32 = 2.0 / 32_768.0;

/// So many zeros in a row are a gap; noise has none.
const GAP_SAMPLES: usize = 16;

/// How a microphone is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Loss {
    Unplugged,
    StreamKilled,
    ServerKilled,
}

/// Of ten rounds, five by the plug, four by the stream, one by the server.
const LOSSES: [Loss; 10] = {
    use Loss::{ServerKilled as S, StreamKilled as K, Unplugged as U};
    [U, K, U, K, S, U, K, U, K, U]
};

struct Mute;

impl Transcribers for Mute {
    fn load(&self, _: &Path, _: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        Ok(Box::new(Mute))
    }
}

impl Transcriber for Mute {
    fn transcribe(&mut self, _: &[f32], _: &RecognitionRequest, _: &AbortSwitch) -> Result<Recognition> {
        Ok(Recognition::default())
    }
}

/// The microphones with whoever speaks into them.
#[derive(Default)]
struct Plugged {
    feeds: Vec<(&'static str, Feed, Child)>,
}

impl Plugged {
    fn plug(&mut self, desk: &Desk, name: &'static str) {
        desk.add(name, RATE, 1, "s16le");
        let feed = Feed::start(desk, name, RATE, 1, "s16le", Duration::from_millis(10));
        // A source that nobody hears keeps old sound in its pipe, as no sound card does.
        let listener = Command::new("parec")
            .args(["--raw", "--latency-msec=10", &format!("--device={name}")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        self.feeds.push((name, feed, listener));
    }

    fn plug_all(&mut self, desk: &Desk) {
        for name in MICROPHONES {
            if !self.feeds.iter().any(|(plugged, ..)| *plugged == name) {
                self.plug(desk, name);
            }
            // Before the others: the server moves those who hear the default along with it.
            desk.pactl(&["set-default-source", "mic_wrong"]);
        }
    }

    /// Forgets a microphone that was unplugged, or all of a dead server.
    fn forget(&mut self, which: impl Fn(&str) -> bool) {
        for (_, feed, mut listener) in self.feeds.extract_if(.., |(name, ..)| which(name)) {
            drop(feed);
            let _ = listener.kill();
            let _ = listener.wait();
        }
    }
}

impl Drop for Plugged {
    fn drop(&mut self) {
        self.forget(|_| true);
    }
}

/// What all rounds came to.
#[derive(Debug, Default)]
struct Tally {
    rounds: usize,
    /// Dictations that ended with the loss because the server was not back in time.
    ended: usize,
    /// That were compared.
    samples: usize,
    /// That the sound server lost outside the gaps.
    missing: usize,
    /// How long it took from the loss until sound was heard again, each.
    hangs: Vec<Duration>,
    /// By how much the length of the silence differs from the time that passed, each.
    gap_errors: Vec<f64>,
}

/// Chance that is the same in every run with the same seed.
struct Chance(u64);

impl Chance {
    fn ms(&mut self, from: u64, to: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis(from + (self.0 >> 33) % (to - from))
    }
}

fn number(variable: &str, otherwise: usize) -> usize {
    std::env::var(variable).map_or(otherwise, |text| text.parse().unwrap())
}

/// Every state that Tawk was in, with the moment.
#[derive(Default)]
struct States(Mutex<Vec<(Instant, State)>>);

impl Listener for States {
    fn status_changed(&self, status: &Status) {
        self.0.lock().unwrap().push((Instant::now(), status.state));
    }

    fn open_window(&self) {}

    fn quit(&self) {}
}

impl States {
    /// When the first loss after `since` was over, by another microphone or by the end.
    fn recovered(&self, since: Instant) -> Option<Instant> {
        let states = self.0.lock().unwrap();
        let mut after = states.iter().filter(|(at, _)| *at >= since);
        after.find(|(_, state)| *state == State::Connecting)?;
        after.find(|(_, state)| *state != State::Connecting).map(|(at, _)| *at)
    }
}

/// Tawk with the machine's microphones; everything else is fake.
fn start(home: &Path, states: &Arc<States>) -> Engine {
    let (fake, _machine) = Fake::new();
    let platform = tawk_platform::Platform { microphones: tawk_platform::native().microphones, ..fake };
    tawk_app::start(Options {
        platform,
        folders: Folders::under(home),
        transcribers: Arc::new(Mute),
        listener: Arc::clone(states) as Arc<dyn Listener>,
        is_app: false,
        microphone: None,
        model: None,
    })
    .unwrap()
}

#[test]
fn a_dictation_right_after_another_loses_no_beginning() {
    on_a_desk("a_dictation_right_after_another_loses_no_beginning", |desk| {
        let home = tempfile::tempdir().unwrap();
        let mut plugged = Plugged::default();
        plugged.plug_all(desk);
        let engine = start(home.path(), &Arc::default());
        let handle = engine.handle();
        handle.set("microphone.priority", &json!(["pulseaudio:mic_a"])).unwrap();
        for pause in [0, 30, 100, 300] {
            handle.toggle();
            until("it listens", || handle.status().state == State::Listening);
            thread::sleep(Duration::from_millis(400));
            handle.toggle();
            thread::sleep(Duration::from_millis(pause));
            let pressed = epoch().elapsed();
            handle.toggle();
            thread::sleep(Duration::from_millis(800));
            handle.cancel();
            until("it is at rest", || matches!(handle.status().state, State::Idle | State::Trouble));
            handle.flush(Duration::from_secs(5));
            // The first, without a voice, was short enough to be forgotten.
            let recording = the_recording(home.path());
            let samples = tawk_audio::decode_file(&recording).unwrap().samples;
            fs::remove_file(recording).unwrap();
            let pieces: Vec<Piece> =
                stretches(&samples).into_iter().flat_map(|stretch| recognise(&samples, stretch)).collect();
            let late = pieces[0].from as f64 / f64::from(RATE) - pressed.as_secs_f64();
            println!("{pause} ms after the last: heard from {:.0} ms on", late * 1_000.0);
            assert_eq!(pieces.len(), 1, "{pieces:?}");
            assert!((-0.1..0.2).contains(&late), "{late} s of the beginning are lost");
        }
    });
}

#[test]
fn microphones_that_come_and_go() {
    on_a_desk("microphones_that_come_and_go", |desk| {
        let home = tempfile::tempdir().unwrap();
        let mut plugged = Plugged::default();
        plugged.plug_all(desk);
        let states = Arc::default();
        let engine = start(home.path(), &states);
        let mut chance = Chance(number("TAWK_SOAK_SEED", 1) as u64);
        let mut tally = Tally::default();
        let rounds = number("TAWK_SOAK_ROUNDS", 6);
        for round in 0..rounds {
            let loss = LOSSES[round % LOSSES.len()];
            let list = if round % 2 == 0 { ["mic_a", "mic_b"] } else { ["mic_b", "mic_a"] };
            let list = json!(list.map(|name| format!("pulseaudio:{name}")));
            engine.handle().set("microphone.priority", &list).unwrap();
            self::round(desk, &mut plugged, (&engine, &states), loss, &mut chance, &mut tally, home.path());
            assert_eq!(json!(engine.handle().settings().microphone.priority), list, "the choice is kept");
            plugged.plug_all(desk);
        }
        tally.tell();
        assert!(tally.missing * 1_000 <= tally.samples, "{tally:?}");
        assert!(tally.rounds == rounds && tally.ended * 10 <= rounds.max(10), "{tally:?}");
    });
}

fn round(
    desk: &mut Desk,
    plugged: &mut Plugged,
    (engine, states): (&Engine, &States),
    loss: Loss,
    chance: &mut Chance,
    tally: &mut Tally,
    home: &Path,
) {
    let handle = engine.handle();
    let state = || handle.status().state;
    let first = handle.settings().microphone.priority[0].id.replace("pulseaudio:", "");
    handle.toggle();
    until("it listens", || state() == State::Listening);
    assert_eq!(handle.status().microphone, format!("Name_of_{first}"));
    // Shorter and longer than what counts as a bad contact.
    thread::sleep(chance.ms(200, 2_600));
    let lost = Instant::now();
    match loss {
        Loss::Unplugged => desk.remove(&first),
        Loss::StreamKilled => desk.kill_recordings(),
        Loss::ServerKilled => {
            desk.kill_server();
            plugged.forget(|_| true);
            desk.start_server();
            plugged.plug_all(desk);
        }
    }
    until("it goes on or ends", || states.recovered(lost).is_some());
    let hang = states.recovered(lost).unwrap() - lost;
    plugged.forget(|name| loss == Loss::Unplugged && name == first);
    thread::sleep(chance.ms(300, 900));
    let goes_on = state() == State::Listening;
    let asked = Instant::now();
    handle.cancel();
    until("it is at rest", || matches!(state(), State::Idle | State::Trouble));
    assert!(asked.elapsed() < LONGEST_HANG, "{loss:?}: the end took {:?}", asked.elapsed());
    handle.flush(Duration::from_secs(5));
    let recording = the_recording(home);
    let samples = tawk_audio::decode_file(&recording).unwrap().samples;
    fs::remove_file(recording).unwrap();

    let pieces: Vec<Piece> = stretches(&samples).into_iter().flat_map(|stretch| recognise(&samples, stretch)).collect();
    println!("{loss:?}: sound again after {hang:?}; {pieces:?}");
    tally.rounds += 1;
    tally.samples += pieces.iter().map(|piece| piece.samples).sum::<usize>();
    assert_eq!(pieces[0].microphone, first);
    let mut gaps = 0;
    for pair in pieces.windows(2) {
        assert_ne!(pair[1].microphone, "mic_wrong", "a microphone that is not in the list was heard");
        // All noise has the same clock, so that the silence between must be as long as the time was.
        let passed = pair[1].from as i64 - (pair[0].from as i64 + pair[0].samples as i64);
        let silence = (pair[1].at - (pair[0].at + pair[0].samples)) as i64;
        if silence == 0 && pair[0].microphone == pair[1].microphone {
            assert!(passed > 0, "heard twice");
            tally.missing += passed as usize;
            continue;
        }
        gaps += 1;
        let error = (silence - passed) as f64 / f64::from(RATE);
        tally.gap_errors.push(error.abs());
        assert!(error.abs() < 0.25, "{loss:?}: {silence} samples of silence for {passed}");
    }
    if !goes_on {
        assert_eq!(loss, Loss::ServerKilled, "another microphone was there");
        assert!(hang < LONGEST_HANG + Duration::from_millis(500), "the end took {hang:?}");
        tally.ended += 1;
        return;
    }
    assert_eq!(gaps, 1, "one loss, one gap");
    tally.hangs.push(hang);
    assert!(hang < LONGEST_HANG, "{loss:?}: {hang:?} without sound");
}

/// The stretches of sound between gaps.
fn stretches(samples: &[f32]) -> Vec<std::ops::Range<usize>> {
    let mut all: Vec<std::ops::Range<usize>> = Vec::new();
    for (at, _) in samples.iter().enumerate().filter(|(_, sample)| **sample != 0.0) {
        match all.last_mut() {
            Some(last) if at - last.end < GAP_SAMPLES => last.end = at + 1,
            _ => all.push(at..at + 1),
        }
    }
    all
}

/// A piece of a microphone's noise, as it was found in a recording.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Piece {
    microphone: &'static str,
    /// Where it begins in the recording.
    at: usize,
    /// The number of its first sample.
    from: u64,
    samples: usize,
}

/// Whose noise this is, cut where it jumps: there the sound server lost some. Fails where a single sample is not what was
/// spoken.
#[track_caller]
fn recognise(recording: &[f32], stretch: std::ops::Range<usize>) -> Vec<Piece> {
    let now = (epoch().elapsed().as_secs_f64() * f64::from(RATE)) as u64;
    let spoken = now.saturating_sub(u64::from(RATE) * 20)..now;
    let mut pieces = Vec::new();
    let (mut at, mut rest) = (stretch.start, &recording[stretch]);
    while !rest.is_empty() {
        let is_here =
            |name: &str, at: u64, index: usize| (rest[index] - noise(name, at + index as u64)).abs() <= TOLERANCE;
        let probe = rest.len().min(16);
        let found = MICROPHONES.iter().find_map(|&name| {
            let from = spoken.clone().find(|&from| (0..probe).all(|index| is_here(name, from, index)))?;
            Some((name, from))
        });
        let Some((microphone, from)) = found else {
            panic!("after {pieces:?}: {} samples that nobody has spoken: {:?}", rest.len(), &rest[..probe]);
        };
        let samples = (0..rest.len()).find(|&index| !is_here(microphone, from, index)).unwrap_or(rest.len());
        pieces.push(Piece { microphone, at, from, samples });
        (at, rest) = (at + samples, &rest[samples..]);
    }
    pieces
}

/// The one recording that was kept.
fn the_recording(home: &Path) -> PathBuf {
    let files = || fs::read_dir(Folders::under(home).recordings).unwrap();
    until("the recording is kept", || files().count() == 1);
    files().next().unwrap().unwrap().path()
}

#[track_caller]
fn until(what: &str, condition: impl Fn() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(10), "never came true: {what}");
        thread::sleep(Duration::from_millis(5));
    }
}

impl Tally {
    fn tell(&self) {
        let mut hangs = self.hangs.clone();
        hangs.sort_unstable();
        let worst = self.gap_errors.iter().copied().fold(0.0, f64::max);
        println!(
            "{} rounds, {} ended with the server; {} samples as they were spoken, {} missing outside the gaps; sound again after {:?} (median), {:?} (worst); \
             silence off by {:.0} ms at most",
            self.rounds,
            self.ended,
            self.samples,
            self.missing,
            hangs.get(hangs.len() / 2),
            hangs.last(),
            worst * 1_000.0
        );
    }
}

//! A long dictation without a break, fed faster than real time through the real threads and the real recogniser: the
//! memory does not grow with it, and text and audio stay together to the end.
//!
//! Three minutes here; `scripts/soak hour` runs it with `TAWK_SOAK_MINUTES=60`.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
use std::{env, fs};

use tawk_app::{Listener, Options, Status, Timing};
use tawk_core::microphone::{ChannelChoice, StreamFormat};
use tawk_core::ports::{Transcriber, Transcribers};
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::{Result, SAMPLE_RATE};
use tawk_platform::fake::Fake;
use tawk_platform::fake::microphones::DEFAULT_ID;
use tawk_store::Folders;
use tawk_whisper::WhisperTranscribers;

#[path = "../../../tests/src/wer.rs"]
#[allow(unreachable_pub)]
mod wer;
use wer::Wer;

/// How many times faster than real time the speaker speaks.
const SPEED: u32 = 10;

/// The speaker waits while the recogniser is busy and this much has been said since it began, in samples: the test is
/// about length, not about a machine that is slower than speech.
const AHEAD: usize = 12 * SAMPLE_RATE as usize;

/// Memory may grow by this much from the end of the first minute to the end of the last, in bytes.
const GROWTH: u64 = 20_000_000;

/// In per cent. The fixture model repeats itself or leaves out an end now and then where short sentences share a segment:
/// 5.6 % over the first three minutes, 3.2 % over the hour. Text that is lost or out of place gives far more.
const ERROR_RATE: f64 = 8.0;

/// The real recogniser, and whether it works.
#[derive(Clone)]
struct Watched(Arc<AtomicBool>);

struct WatchedModel {
    model: Box<dyn Transcriber>,
    works: Arc<AtomicBool>,
}

impl Transcribers for Watched {
    fn load(&self, path: &Path, progress: &mut dyn FnMut(f32)) -> Result<Box<dyn Transcriber>> {
        let model = WhisperTranscribers::new().load(path, progress)?;
        Ok(Box::new(WatchedModel { model, works: Arc::clone(&self.0) }))
    }
}

impl Transcriber for WatchedModel {
    fn transcribe(
        &mut self,
        samples: &[f32],
        request: &RecognitionRequest,
        abort: &AbortSwitch,
    ) -> Result<Recognition> {
        self.works.store(true, Ordering::Release);
        let result = self.model.transcribe(samples, request, abort);
        self.works.store(false, Ordering::Release);
        result
    }
}

#[derive(Default)]
struct Ear(Mutex<VecDeque<Timing>>);

impl Listener for Ear {
    fn status_changed(&self, _: &Status) {}
    fn open_window(&self) {}
    fn quit(&self) {}
    fn timed(&self, timing: &Timing) {
        self.0.lock().unwrap().push_back(*timing);
    }
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The held-out sentences, as samples and text.
fn sentences() -> Vec<(Vec<f32>, String)> {
    let audio = repository().join("tests/audio");
    let list = fs::read_to_string(audio.join("heldout.tsv")).unwrap();
    list.lines()
        .map(|line| {
            let mut columns = line.split('\t');
            let clip = tawk_audio::decode_file(&audio.join(columns.next().unwrap())).unwrap();
            let samples = tawk_audio::mono_16k(&clip, ChannelChoice::default()).unwrap();
            (samples, columns.next().unwrap().to_owned())
        })
        .collect()
}

/// What the process holds in memory, in bytes: now where the system tells it in a file, else at most so far.
fn memory() -> u64 {
    let now = fs::read_to_string("/proc/self/status").ok().and_then(|status| {
        let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
    });
    now.or_else(tawk_platform::peak_memory).unwrap()
}

#[test]
fn an_hour_costs_no_more_memory_than_a_minute() {
    let minutes: usize = env::var("TAWK_SOAK_MINUTES").map_or(3, |minutes| minutes.parse().unwrap());
    let home = tempfile::tempdir().unwrap();
    let (platform, machine) = Fake::new();
    machine.microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: SAMPLE_RATE, channels: 1 });
    machine.microphones.set_default(DEFAULT_ID);
    let (works, ear) = (Arc::new(AtomicBool::new(false)), Arc::new(Ear::default()));
    let engine = tawk_app::start(Options {
        platform,
        folders: Folders::under(home.path()),
        transcribers: Arc::new(Watched(Arc::clone(&works))),
        listener: Arc::clone(&ear) as Arc<dyn Listener>,
        is_app: true,
        microphone: None,
        model: Some(repository().join("models/ggml-fixture-en-q5_0.bin").display().to_string()),
    })
    .unwrap();
    let hotkey = engine.handle().settings().hotkey();
    machine.hotkeys.press(&hotkey);

    let clips = sentences();
    let mut said: Vec<&str> = Vec::new();
    let (mut fed, mut fed_when_idle) = (0, 0);
    let mut after_a_minute = None;
    let began = Instant::now();
    let mut feed = |samples: &[f32]| {
        for block in samples.chunks(SAMPLE_RATE as usize / 20) {
            while works.load(Ordering::Acquire) && fed - fed_when_idle > AHEAD {
                thread::sleep(Duration::from_millis(5));
            }
            while machine.microphones.feed(DEFAULT_ID, block) == 0 {
                assert!(began.elapsed() < Duration::from_secs(20) || fed > 0, "the microphone was never opened");
                thread::sleep(Duration::from_millis(5));
            }
            fed += block.len();
            if !works.load(Ordering::Acquire) {
                fed_when_idle = fed;
            }
            thread::sleep(Duration::from_millis(50) / SPEED);
        }
        fed
    };
    for (at, (clip, text)) in clips.iter().cycle().enumerate() {
        let so_far = feed(clip);
        said.push(text);
        // Pauses of 0.3 to 1.4 s, as between thoughts.
        let so_far = feed(&vec![0.0; so_far % 7 * 2000 + 4800 + at % 5 * 1200]).max(so_far);
        if so_far >= 60 * SAMPLE_RATE as usize {
            after_a_minute.get_or_insert_with(memory);
        }
        if so_far >= minutes * 60 * SAMPLE_RATE as usize {
            break;
        }
    }
    let grown = memory().saturating_sub(after_a_minute.unwrap());
    machine.hotkeys.release(&hotkey);
    let timing = loop {
        if let Some(timing) = ear.0.lock().unwrap().pop_front() {
            break timing;
        }
        assert!(began.elapsed() < Duration::from_secs(3600 * 2), "the dictation does not end");
        thread::sleep(Duration::from_millis(20));
    };
    let text = machine.typists.text();
    let all = Wer::of(&said.join(" "), &text);
    let end = said[said.len() - 5..].join(" ");
    let words: Vec<&str> = text.split_whitespace().collect();
    let heard_last = words[words.len().saturating_sub(end.split_whitespace().count())..].join(" ");
    let last = Wer::of(&end, &heard_last);
    println!(
        "{:.1} min in {:.1} min; {} segments; all {all}; the last five sentences {last}; memory +{:.1} MB; drafts {}/{}",
        timing.audio / 60_000.0,
        began.elapsed().as_secs_f64() / 60.0,
        timing.segments,
        grown as f64 / 1e6,
        timing.drafts_used,
        timing.drafts_in_vain,
    );
    assert!((timing.audio - fed as f64 * 1000.0 / f64::from(SAMPLE_RATE)).abs() < 1.0, "{} ms", timing.audio);
    assert!(all.percent() < ERROR_RATE, "{all}");
    assert!(last.percent() < 25.0, "the text has drifted from the audio: {last}");
    assert!(grown < GROWTH, "memory grew by {grown} bytes");
}

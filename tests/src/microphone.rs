//! A virtual microphone: silence in real time, and clips when asked.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;

use crate::clip::{Clip, RATE};

/// The feeder writes this many samples at a time: 10 ms.
const HOP: usize = (RATE / 100) as usize;

/// Feeds the pipe of a PulseAudio pipe source, as a sound card would.
pub struct Microphone {
    name: String,
    queue: Arc<Mutex<Queue>>,
    ends: Arc<AtomicBool>,
    feeder: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Queue {
    samples: VecDeque<i16>,
    told: Option<Sender<Instant>>,
    /// So many samples were taken out since the queue was empty, and so many when the sound server took something last.
    taken: u64,
    heard: u64,
}

/// A clip that is being played.
pub struct Playing {
    started: Receiver<Instant>,
    length: Duration,
}

impl Playing {
    /// Waits until the clip's first sample is written; gives that moment.
    #[track_caller]
    pub fn wait_start(&self) -> Instant {
        match self.started.recv_timeout(Duration::from_secs(10)) {
            Ok(moment) => moment,
            Err(_) => panic!("The virtual microphone did not start to play within 10 s."),
        }
    }

    /// Waits until the clip's last sample is written.
    #[track_caller]
    pub fn wait_end(self) {
        let end = self.wait_start() + self.length;
        thread::sleep(end.saturating_duration_since(Instant::now()));
    }
}

impl Microphone {
    /// Starts to feed `pipe` with silence. `name` is PulseAudio's name of the source.
    #[track_caller]
    pub(crate) fn start(name: &str, pipe: PathBuf) -> Self {
        let queue = Arc::new(Mutex::new(Queue::default()));
        let ends = Arc::new(AtomicBool::new(false));
        let (theirs, stop) = (Arc::clone(&queue), Arc::clone(&ends));
        let feeder = thread::Builder::new()
            .name(format!("feeder {name}"))
            .spawn(move || {
                // Never blocks: a full pipe loses samples, as a sound card does that nobody reads.
                let flags = OFlag::O_NONBLOCK.bits();
                if let Ok(file) = File::options().write(true).custom_flags(flags).open(pipe) {
                    feed(file, &theirs, &stop);
                }
            })
            .expect("A thread can be started.");
        Self { name: name.into(), queue, ends, feeder: Some(feeder) }
    }

    /// PulseAudio's name of the source.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Plays `clip` after what is being played.
    pub fn play(&self, clip: &Clip) -> Playing {
        let (sender, started) = mpsc::channel();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if queue.samples.is_empty() {
            (queue.taken, queue.heard) = (0, 0);
        }
        queue.samples.extend(clip.samples());
        queue.told = Some(sender);
        Playing { started, length: clip.length() }
    }

    /// Plays `clip` to its end.
    #[track_caller]
    pub fn say(&self, clip: &Clip) {
        self.play(clip).wait_end();
    }

    /// How much of what is being played the sound server has been given: on a busy machine less than the time that has
    /// passed.
    pub fn played(&self) -> Duration {
        let heard = self.queue.lock().unwrap_or_else(PoisonError::into_inner).heard;
        Duration::from_micros(heard * 1_000_000 / u64::from(RATE))
    }

    /// Stops what is being played.
    pub fn hush(&self) {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner).samples.clear();
    }
}

impl Drop for Microphone {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        if let Some(feeder) = self.feeder.take() {
            let _ = feeder.join();
        }
    }
}

fn feed(mut pipe: File, queue: &Mutex<Queue>, ends: &AtomicBool) {
    let start = Instant::now();
    let mut written: u64 = 0;
    while !ends.load(Ordering::Relaxed) {
        let mut bytes = Vec::with_capacity(2 * HOP);
        let (told, taken) = {
            let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
            queue.taken += queue.samples.len().min(HOP) as u64;
            for _ in 0..HOP {
                bytes.extend(queue.samples.pop_front().unwrap_or(0).to_le_bytes());
            }
            (queue.told.take(), queue.taken)
        };
        if let Some(told) = told {
            // Nobody may be waiting for it.
            let _ = told.send(Instant::now());
        }
        match pipe.write_all(&bytes) {
            Err(error) if error.kind() != ErrorKind::WouldBlock => {
                // PulseAudio has ended, or has unloaded the source.
                return;
            }
            Ok(()) => {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                // Unless another clip was begun meanwhile.
                queue.heard = taken.min(queue.taken);
            }
            Err(_) => {}
        }
        written += HOP as u64;
        let due = start + Duration::from_micros(written * 1_000_000 / u64::from(RATE));
        thread::sleep(due.saturating_duration_since(Instant::now()));
    }
}

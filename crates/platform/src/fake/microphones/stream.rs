//! One open stream of a fake microphone: the test's end and the reader's.

use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::Thread;
use std::time::{Duration, Instant};

use tawk_core::microphone::{Microphone, StreamFormat};
use tawk_core::ports::InputStream;
use tawk_core::{Error, ErrorKind, Result};

use super::super::lock;
use super::FakeMicrophones;

/// Sound that plays in real time arrives in blocks of this length, as from a sound server.
const BLOCK: Duration = Duration::from_millis(10);

/// The test's end of one open stream.
pub(super) struct Source {
    pub(super) id: u64,
    pending: VecDeque<f32>,
    fed_until: Option<Instant>,
    playing: Option<Playing>,
    pub(super) overruns: u64,
    reader: Option<Thread>,
}

struct Playing {
    samples: Arc<[f32]>,
    since: Instant,
    frames_given: u64,
}

pub(super) struct FakeStream {
    pub(super) microphones: FakeMicrophones,
    pub(super) id: u64,
    pub(super) microphone: Microphone,
    pub(super) format: StreamFormat,
    pub(super) captured_until: Option<Instant>,
}

impl FakeStream {
    fn with_source<T>(&self, ask: impl FnOnce(&mut Source) -> T) -> Result<T> {
        let mut state = lock(&self.microphones.state);
        let sources = state.devices.iter_mut().flat_map(|device| &mut device.streams);
        sources.into_iter().find(|source| source.id == self.id).map(ask).ok_or_else(|| {
            Error::new(
                ErrorKind::MicrophoneLost,
                format!("The microphone “{}” went away. Connect it or choose another.", self.microphone.name),
            )
        })
    }
}

impl InputStream for FakeStream {
    fn format(&self) -> StreamFormat {
        self.format
    }

    fn microphone(&self) -> &Microphone {
        &self.microphone
    }

    fn read(&mut self, out: &mut Vec<f32>, wait: Duration) -> Result<usize> {
        let deadline = Instant::now() + wait;
        loop {
            let now = Instant::now();
            let format = self.format;
            let (frames, until) = self.with_source(|source| {
                source.reader = Some(std::thread::current());
                source.take(format, now, out)
            })?;
            if frames > 0 {
                self.captured_until = until;
                return Ok(frames);
            }
            if now >= deadline {
                return Ok(0);
            }
            let nap = if self.with_source(|source| source.playing.is_some())? { BLOCK } else { wait };
            let nap = nap.min(deadline - now);
            std::thread::park_timeout(nap);
            // Woken early: either by sound, which the next round takes, or by somebody who wants the thread back.
            if now.elapsed() < nap {
                let now = Instant::now();
                let (frames, until) = self.with_source(|source| source.take(format, now, out))?;
                self.captured_until = until.or(self.captured_until);
                return Ok(frames);
            }
        }
    }

    fn captured_until(&self) -> Option<Instant> {
        self.captured_until
    }

    fn is_outdated(&self) -> bool {
        lock(&self.microphones.state).outdated.contains(&self.id)
    }

    fn overruns(&self) -> u64 {
        self.with_source(|source| source.overruns).unwrap_or(0)
    }
}

impl Drop for FakeStream {
    fn drop(&mut self) {
        for device in &mut lock(&self.microphones.state).devices {
            device.streams.retain(|source| source.id != self.id);
        }
    }
}

impl Source {
    /// A stream that hears `recording` from now on in real time, or what is fed.
    pub(super) fn new(id: u64, recording: Option<Arc<[f32]>>) -> Self {
        let playing = recording.map(|samples| Playing { samples, since: Instant::now(), frames_given: 0 });
        Self { id, pending: VecDeque::new(), fed_until: None, playing, overruns: 0, reader: None }
    }

    /// Lets the stream hear `samples` at once.
    pub(super) fn feed(&mut self, samples: &[f32]) {
        self.pending.extend(samples);
        self.fed_until = Some(Instant::now());
        self.wake();
    }

    /// Samples that were fed and not read.
    pub(super) fn unread(&self) -> usize {
        self.pending.len()
    }

    pub(super) fn wake(&self) {
        if let Some(reader) = &self.reader {
            reader.unpark();
        }
    }

    /// Moves what has been heard by `now` to `out`; returns the frames and the moment up to which all was heard.
    fn take(&mut self, format: StreamFormat, now: Instant, out: &mut Vec<f32>) -> (usize, Option<Instant>) {
        let channels = usize::from(format.channels.max(1));
        let whole = self.pending.len() / channels * channels;
        out.extend(self.pending.drain(..whole));
        let mut frames = whole / channels;
        let mut until = self.fed_until;
        if let Some(playing) = &mut self.playing {
            frames += playing.take(format, now, out);
            let heard = playing.frames_given as f64 / f64::from(format.rate);
            until = (playing.frames_given > 0).then(|| playing.since + Duration::from_secs_f64(heard));
        }
        (frames, until.filter(|_| frames > 0))
    }
}

impl Playing {
    fn take(&mut self, format: StreamFormat, now: Instant, out: &mut Vec<f32>) -> usize {
        let block = (f64::from(format.rate) * BLOCK.as_secs_f64()) as u64;
        let due = (now.saturating_duration_since(self.since).as_secs_f64() * f64::from(format.rate)) as u64;
        let due = due / block.max(1) * block.max(1);
        let frames = due.saturating_sub(self.frames_given) as usize;
        let channels = usize::from(format.channels.max(1));
        let from = (self.frames_given as usize * channels).min(self.samples.len());
        let to = (from + frames * channels).min(self.samples.len());
        out.extend_from_slice(&self.samples[from..to]);
        out.extend(std::iter::repeat_n(0.0, frames * channels - (to - from)));
        self.frames_given = self.frames_given.max(due);
        frames
    }
}

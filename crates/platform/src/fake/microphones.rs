//! Microphones that hear what a test plays to them.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::thread::Thread;
use std::time::{Duration, Instant};

use tawk_core::microphone::{Microphone, MicrophoneChoice, StreamFormat};
use tawk_core::ports::{InputStream, Microphones};
use tawk_core::{Error, ErrorKind, Result};

use super::lock;

/// The id of the microphone that a new fake machine has.
pub const DEFAULT_ID: &str = "fake:microphone";

/// Sound that plays in real time arrives in blocks of this length, as from a sound server.
const BLOCK: Duration = Duration::from_millis(10);

/// The microphones of the fake machine.
#[derive(Clone)]
pub struct FakeMicrophones {
    state: Arc<Mutex<State>>,
}

struct State {
    devices: Vec<Device>,
    denied: bool,
    next_stream: u64,
    opened: u64,
}

struct Device {
    microphone: Microphone,
    format: StreamFormat,
    busy: bool,
    open_delay: Duration,
    /// Sound that every newly opened stream hears from its beginning, in real time, with silence after it.
    recording: Option<Arc<[f32]>>,
    streams: Vec<Source>,
}

/// The test's end of one open stream.
struct Source {
    id: u64,
    pending: VecDeque<f32>,
    fed_until: Option<Instant>,
    playing: Option<Playing>,
    overruns: u64,
    reader: Option<Thread>,
}

struct Playing {
    samples: Arc<[f32]>,
    since: Instant,
    frames_given: u64,
}

impl Default for FakeMicrophones {
    fn default() -> Self {
        let state = State { devices: Vec::new(), denied: false, next_stream: 0, opened: 0 };
        let microphones = Self { state: Arc::new(Mutex::new(state)) };
        microphones.connect(DEFAULT_ID, "Microphone", StreamFormat { rate: 48_000, channels: 1 });
        microphones
    }
}

impl FakeMicrophones {
    /// Connects a microphone. The first one is the system's default.
    pub fn connect(&self, id: &str, name: &str, format: StreamFormat) {
        let mut state = lock(&self.state);
        let is_default = state.devices.is_empty();
        state.devices.retain(|device| device.microphone.id != id);
        state.devices.push(Device {
            microphone: Microphone { id: id.into(), name: name.into(), is_default },
            format,
            busy: false,
            open_delay: Duration::ZERO,
            recording: None,
            streams: Vec::new(),
        });
    }

    /// Unplugs the microphone `id`. Its streams fail with `MicrophoneLost`, and what nobody had read is lost; if it
    /// was the default, the first of the others becomes it.
    pub fn disconnect(&self, id: &str) {
        let mut state = lock(&self.state);
        let Some(at) = state.devices.iter().position(|device| device.microphone.id == id) else { return };
        let device = state.devices.remove(at);
        device.streams.iter().for_each(Source::wake);
        if device.microphone.is_default
            && let Some(first) = state.devices.first_mut()
        {
            first.microphone.is_default = true;
        }
    }

    /// Makes `id` the system's default.
    pub fn set_default(&self, id: &str) {
        for device in &mut lock(&self.state).devices {
            device.microphone.is_default = device.microphone.id == id;
        }
    }

    /// Lets another program hold `id`, or let go of it: opening it fails with `MicrophoneBusy`.
    pub fn set_busy(&self, id: &str, busy: bool) {
        self.with_device(id, |device| device.busy = busy);
    }

    /// Withdraws or gives the permission to listen: opening fails with `MicrophoneDenied`.
    pub fn set_denied(&self, denied: bool) {
        lock(&self.state).denied = denied;
    }

    /// Makes opening `id` take `delay`.
    pub fn set_open_delay(&self, id: &str, delay: Duration) {
        self.with_device(id, |device| device.open_delay = delay);
    }

    /// Lets all open streams of `id` hear `samples` (interleaved, -1.0..=1.0) at once, faster than real time.
    /// Returns the number of streams that heard them: with none open the sound is gone, as in a room.
    pub fn feed(&self, id: &str, samples: &[f32]) -> usize {
        self.with_device(id, |device| {
            for source in &mut device.streams {
                source.pending.extend(samples);
                source.fed_until = Some(Instant::now());
                source.wake();
            }
            device.streams.len()
        })
        .unwrap_or(0)
    }

    /// Every stream of `id` opened from now on hears `samples` (interleaved, in the device's format) from its
    /// beginning in real time, and silence after them; `None` goes back to hearing only what is fed.
    pub fn play_on_open(&self, id: &str, samples: Option<Vec<f32>>) {
        let recording = samples.map(Arc::from);
        self.with_device(id, |device| device.recording = recording);
    }

    /// Lets the open streams of `id` lose `frames`, as when their reader is too slow.
    pub fn overrun(&self, id: &str, frames: u64) {
        self.with_device(id, |device| {
            for source in &mut device.streams {
                source.overruns += frames;
            }
        });
    }

    /// How many streams are open now, on all microphones.
    pub fn open_streams(&self) -> usize {
        lock(&self.state).devices.iter().map(|device| device.streams.len()).sum()
    }

    /// How many streams were ever opened.
    pub fn times_opened(&self) -> u64 {
        lock(&self.state).opened
    }

    fn with_device<T>(&self, id: &str, change: impl FnOnce(&mut Device) -> T) -> Option<T> {
        lock(&self.state).devices.iter_mut().find(|device| device.microphone.id == id).map(change)
    }
}

impl State {
    fn find(&mut self, choice: &MicrophoneChoice) -> Result<&mut Device> {
        if self.denied {
            let message = "Tawk may not use the microphone. Allow it in the system's settings.";
            return Err(Error::new(ErrorKind::MicrophoneDenied, message));
        }
        let device = self.devices.iter_mut().find(|device| match choice {
            MicrophoneChoice::SystemDefault => device.microphone.is_default,
            MicrophoneChoice::Id(id) => device.microphone.id == *id,
        });
        match device {
            None => Err(Error::new(
                ErrorKind::NoMicrophone,
                "The microphone is not connected. Connect it or choose another.",
            )),
            Some(device) if device.busy => Err(Error::new(
                ErrorKind::MicrophoneBusy,
                format!("Another program holds the microphone “{}”. Close that program.", device.microphone.name),
            )),
            Some(device) => Ok(device),
        }
    }
}

impl Microphones for FakeMicrophones {
    fn list(&self) -> Result<Vec<Microphone>> {
        Ok(lock(&self.state).devices.iter().map(|device| device.microphone.clone()).collect())
    }

    fn open(&self, choice: &MicrophoneChoice) -> Result<Box<dyn InputStream>> {
        let delay = lock(&self.state).find(choice)?.open_delay;
        if !delay.is_zero() {
            std::thread::sleep(delay);
        }
        let mut state = lock(&self.state);
        let id = state.next_stream;
        let device = state.find(choice)?;
        let playing =
            device.recording.clone().map(|samples| Playing { samples, since: Instant::now(), frames_given: 0 });
        let source = Source { id, pending: VecDeque::new(), fed_until: None, playing, overruns: 0, reader: None };
        device.streams.push(source);
        let stream = FakeStream {
            microphones: self.clone(),
            id,
            microphone: device.microphone.clone(),
            format: device.format,
            captured_until: None,
        };
        state.next_stream += 1;
        state.opened += 1;
        Ok(Box::new(stream))
    }
}

struct FakeStream {
    microphones: FakeMicrophones,
    id: u64,
    microphone: Microphone,
    format: StreamFormat,
    captured_until: Option<Instant>,
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
    fn wake(&self) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(5);

    #[test]
    fn hears_what_is_fed_and_only_while_open() {
        let microphones = FakeMicrophones::default();
        assert_eq!(microphones.feed(DEFAULT_ID, &[0.5]), 0);
        let mut stream = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
        assert_eq!(stream.captured_until(), None);
        assert_eq!(microphones.feed(DEFAULT_ID, &[0.1, 0.2, 0.3]), 1);
        let mut heard = Vec::new();
        assert_eq!(stream.read(&mut heard, LONG), Ok(3));
        assert_eq!(heard, [0.1, 0.2, 0.3]);
        assert!(stream.captured_until().unwrap() <= Instant::now());
        assert_eq!(stream.read(&mut heard, Duration::from_millis(1)), Ok(0));
        assert_eq!((microphones.open_streams(), microphones.times_opened()), (1, 1));
        drop(stream);
        assert_eq!(microphones.open_streams(), 0);
    }

    #[test]
    fn frames_stay_whole() {
        let microphones = FakeMicrophones::default();
        microphones.connect("fake:stereo", "Stereo", StreamFormat { rate: 44_100, channels: 2 });
        let mut stream = microphones.open(&MicrophoneChoice::Id("fake:stereo".into())).unwrap();
        assert_eq!(stream.format(), StreamFormat { rate: 44_100, channels: 2 });
        microphones.feed("fake:stereo", &[0.1, 0.2, 0.3]);
        let mut heard = Vec::new();
        assert_eq!(stream.read(&mut heard, LONG), Ok(1));
        microphones.feed("fake:stereo", &[0.4]);
        assert_eq!(stream.read(&mut heard, LONG), Ok(1));
        assert_eq!(heard, [0.1, 0.2, 0.3, 0.4]);
    }

    #[test]
    fn feeding_wakes_a_waiting_reader() {
        let microphones = FakeMicrophones::default();
        let other_end = microphones.clone();
        let reader = std::thread::spawn(move || {
            let mut stream = other_end.open(&MicrophoneChoice::SystemDefault).unwrap();
            let start = Instant::now();
            (stream.read(&mut Vec::new(), LONG), start.elapsed())
        });
        while microphones.feed(DEFAULT_ID, &[0.0; 4]) == 0 {
            std::thread::sleep(Duration::from_millis(1));
        }
        let (frames, took) = reader.join().unwrap();
        assert_eq!(frames, Ok(4));
        assert!(took < LONG / 2, "{took:?}");
    }

    #[test]
    fn unparking_ends_a_wait_without_sound() {
        let microphones = FakeMicrophones::default();
        let reader = std::thread::spawn(move || {
            let mut stream = microphones.open(&MicrophoneChoice::SystemDefault).unwrap();
            let start = Instant::now();
            (stream.read(&mut Vec::new(), LONG), start.elapsed())
        });
        while !reader.is_finished() {
            reader.thread().unpark();
            std::thread::sleep(Duration::from_millis(1));
        }
        let (frames, took) = reader.join().unwrap();
        assert_eq!(frames, Ok(0));
        assert!(took < LONG / 2, "{took:?}");
    }

    #[test]
    fn recordings_play_in_real_time_and_end_in_silence() {
        let microphones = FakeMicrophones::default();
        let format = StreamFormat { rate: 8_000, channels: 1 };
        microphones.connect("fake:room", "Room", format);
        microphones.play_on_open("fake:room", Some(vec![1.0; 400]));
        let start = Instant::now();
        let mut stream = microphones.open(&MicrophoneChoice::Id("fake:room".into())).unwrap();
        let mut heard = Vec::new();
        while heard.len() < 800 {
            assert!(stream.read(&mut heard, LONG).unwrap() > 0);
            let seconds = heard.len() as f64 / 8_000.0;
            assert!(start.elapsed().as_secs_f64() >= seconds, "sound from the future");
        }
        assert!(heard[..400].iter().all(|&sample| sample == 1.0));
        assert!(heard[400..].iter().all(|&sample| sample == 0.0));
        let behind = stream.captured_until().unwrap().elapsed();
        assert!(behind < Duration::from_secs(1), "{behind:?}");
    }

    #[test]
    fn a_microphone_can_be_absent_busy_denied_and_lost() {
        let microphones = FakeMicrophones::default();
        let kind = |choice: &MicrophoneChoice| microphones.open(choice).err().map(|error| error.kind);
        let default = MicrophoneChoice::SystemDefault;
        assert_eq!(kind(&MicrophoneChoice::Id("fake:none".into())), Some(ErrorKind::NoMicrophone));
        microphones.set_busy(DEFAULT_ID, true);
        assert_eq!(kind(&default), Some(ErrorKind::MicrophoneBusy));
        microphones.set_busy(DEFAULT_ID, false);
        microphones.set_denied(true);
        assert_eq!(kind(&default), Some(ErrorKind::MicrophoneDenied));
        microphones.set_denied(false);
        let mut stream = microphones.open(&default).unwrap();
        microphones.overrun(DEFAULT_ID, 7);
        assert_eq!(stream.overruns(), 7);
        microphones.disconnect(DEFAULT_ID);
        assert_eq!(stream.read(&mut Vec::new(), LONG).unwrap_err().kind, ErrorKind::MicrophoneLost);
        assert_eq!(kind(&default), Some(ErrorKind::NoMicrophone));
    }

    #[test]
    fn the_default_moves_on() {
        let microphones = FakeMicrophones::default();
        microphones.connect("fake:two", "Two", StreamFormat { rate: 16_000, channels: 1 });
        let default = || microphones.list().unwrap().into_iter().find(|microphone| microphone.is_default).unwrap().id;
        assert_eq!(default(), DEFAULT_ID);
        microphones.set_default("fake:two");
        assert_eq!(default(), "fake:two");
        microphones.disconnect("fake:two");
        assert_eq!(default(), DEFAULT_ID);
    }
}

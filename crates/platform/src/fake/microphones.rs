//! Microphones that hear what a test plays to them.

mod stream;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tawk_core::microphone::{Microphone, MicrophoneChoice, StreamFormat};
use tawk_core::ports::{InputStream, Microphones};
use tawk_core::{Error, ErrorKind, Result};

use self::stream::{FakeStream, Source};
use super::lock;

/// The id of the microphone that a new fake machine has.
pub const DEFAULT_ID: &str = "fake:microphone";

/// The microphones of the fake machine.
#[derive(Clone)]
pub struct FakeMicrophones {
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    devices: Vec<Device>,
    denied: bool,
    next_stream: u64,
    opened: u64,
    /// How long listing takes.
    list_delay: Duration,
    /// The streams that ended because their microphone changed its format.
    outdated: Vec<u64>,
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

impl Default for FakeMicrophones {
    fn default() -> Self {
        let state = State::default();
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
            microphone: Microphone { id: id.into(), name: name.into(), is_default, is_bluetooth: false },
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

    /// Ends the streams of `id` as a sound server can: they fail with `MicrophoneLost`, and the microphone stays.
    pub fn kill_streams(&self, id: &str) {
        self.with_device(id, |device| device.streams.drain(..).for_each(|source| source.wake()));
    }

    /// Gives `id` another format, as a headset that changes its profile: its streams fail with `MicrophoneLost` and are
    /// outdated.
    pub fn set_format(&self, id: &str, format: StreamFormat) {
        let mut state = lock(&self.state);
        // At once: whoever opens it again right after the loss must find the new format.
        let State { devices, outdated, .. } = &mut *state;
        let Some(device) = devices.iter_mut().find(|device| device.microphone.id == id) else { return };
        device.format = format;
        for source in device.streams.drain(..) {
            outdated.push(source.id);
            source.wake();
        }
    }

    /// Makes `id` a Bluetooth headset's.
    pub fn set_bluetooth(&self, id: &str) {
        self.with_device(id, |device| device.microphone.is_bluetooth = true);
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

    /// Makes opening `id` take `delay`; whoever does not wait so long finds it busy.
    pub fn set_open_delay(&self, id: &str, delay: Duration) {
        self.with_device(id, |device| device.open_delay = delay);
    }

    /// Makes listing the microphones take `delay`, as with a sound server that hangs.
    pub fn set_list_delay(&self, delay: Duration) {
        lock(&self.state).list_delay = delay;
    }

    /// Lets all open streams of `id` hear `samples` (interleaved, -1.0..=1.0) at once, faster than real time.
    /// Returns the number of streams that heard them: with none open the sound is gone, as in a room.
    pub fn feed(&self, id: &str, samples: &[f32]) -> usize {
        self.with_device(id, |device| {
            for source in &mut device.streams {
                source.feed(samples);
            }
            device.streams.len()
        })
        .unwrap_or(0)
    }

    /// How many fed samples the streams of `id` still hold, because nobody read them yet.
    pub fn unread(&self, id: &str) -> usize {
        self.with_device(id, |device| device.streams.iter().map(Source::unread).sum()).unwrap_or(0)
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
        let delay = lock(&self.state).list_delay;
        std::thread::sleep(delay);
        Ok(lock(&self.state).devices.iter().map(|device| device.microphone.clone()).collect())
    }

    fn open_within(&self, choice: &MicrophoneChoice, limit: Duration) -> Result<Box<dyn InputStream>> {
        let delay = lock(&self.state).find(choice)?.open_delay;
        std::thread::sleep(delay.min(limit));
        if delay > limit {
            return Err(Error::new(ErrorKind::MicrophoneBusy, "The microphone delivers no sound. Choose another."));
        }
        let mut state = lock(&self.state);
        let id = state.next_stream;
        let device = state.find(choice)?;
        device.streams.push(Source::new(id, device.recording.clone()));
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

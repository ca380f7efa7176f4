//! Opens a microphone, and stays with it: the `devices` thread.

use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{RecvTimeoutError, Sender};
use rtrb::{Consumer, RingBuffer};
use tawk_core::microphone::{Microphone, MicrophoneChoice, StreamFormat};
use tawk_core::{Error, ErrorKind, Result};

use super::connection::{Connection, is_disconnected};
use super::find::{self, Found};
use super::input::CpalInput;
use super::pouring::Pouring;
use super::shared::{Fault, Shared, Stage};
use super::{cannot_open, server_hung, shape};
use crate::system::recorder::{self, Recorder};

/// How often the device list is looked at while a microphone runs, for systems that take a device away without a word.
const WATCH_INTERVAL: Duration = Duration::from_millis(500);

/// How often the stream itself is asked whether it still runs.
const CHECK_INTERVAL: Duration = Duration::from_millis(100);

/// Length of the ring. The reader does little, but on a machine whose every core computes a recognition it may
/// be kept off a core for some hundred milliseconds; 3 s is far beyond and costs 576 kB at 48 kHz mono.
const RING: Duration = Duration::from_secs(3);

type Opened = (StreamFormat, Microphone, Consumer<f32>);

/// Opens the microphone that `choice` means, within `limit`. `asked_for` is its name for people, empty for the default.
pub(super) fn open(choice: MicrophoneChoice, asked_for: &str, limit: Duration) -> Result<CpalInput> {
    let Some(hanging) = Connection::shared().begin() else { return Err(server_hung()) };
    let shared = Arc::new(Shared::new(thread::current()));
    let (answer, answers) = crossbeam_channel::bounded(2);
    let owner = Owner { shared: Arc::clone(&shared), answer, asked_for: asked_for.to_owned() };
    thread::Builder::new()
        .name("devices".into())
        .spawn(move || {
            let opened = owner.open(&choice);
            drop(hanging);
            if let Some((recorder, id)) = opened {
                owner.watch(&recorder, &id);
                drop(recorder);
            }
        })
        .map_err(|error| {
            Error::new(ErrorKind::Internal, format!("Tawk cannot start a thread ({error}). Close some programs."))
        })?;
    match answers.recv_timeout(limit) {
        Ok(Ok((format, microphone, ring))) => Ok(CpalInput::new(format, microphone, ring, shared)),
        Ok(Err(error)) => Err(error),
        Err(error) => {
            shared.stop();
            Err(match error {
                RecvTimeoutError::Timeout if shared.is_waiting_for_samples() => no_samples(asked_for),
                RecvTimeoutError::Timeout => server_hung(),
                RecvTimeoutError::Disconnected => {
                    Error::new(ErrorKind::Internal, "Opening the microphone failed unexpectedly. Try again.")
                }
            })
        }
    }
}

/// The `devices` thread's part: owns the stream.
struct Owner {
    shared: Arc<Shared>,
    answer: Sender<Result<Opened>>,
    asked_for: String,
}

impl Owner {
    /// Builds and starts the stream and reports to the caller of [`open`]. Returns the stream and the id to watch.
    fn open(&self, choice: &MicrophoneChoice) -> Option<(Recorder, String)> {
        self.shared.set_watcher(thread::current());
        match self.start(choice) {
            Ok((stream, opened)) => {
                let id = opened.1.id.clone();
                // When the caller has given up, the stop flag is set and the stream is dropped at once.
                self.answer.try_send(Ok(opened)).ok().map(|()| (stream, id))
            }
            Err(error) => {
                let _ = self.answer.try_send(Err(error));
                None
            }
        }
    }

    fn start(&self, choice: &MicrophoneChoice) -> Result<(Recorder, Opened)> {
        let found = Connection::shared()
            .with_host(&|host| find::find(host, choice))
            .map_err(|error| cannot_open("The microphone", &error))?;
        let (device, microphone) = match found {
            Found::Here(device, microphone) => (device, microphone),
            Found::Absent => return Err(absent(&self.asked_for)),
            Found::Nothing => return Err(no_microphone()),
            Found::OnlyMonitor => return Err(only_monitor()),
        };
        self.shared.set_stage(Stage::Waiting);
        let subject = &microphone.name;
        let config = shape::of(&device).map_err(|error| cannot_open(subject, &error))?;
        let (recorder, ring) = self.run(&device, config).map_err(|error| cannot_open(subject, &error))?;
        let format = StreamFormat { rate: config.sample_rate, channels: config.channels };
        Ok((recorder, (format, microphone, ring)))
    }

    /// Builds the stream and starts it. On PulseAudio this returns when the first samples have come.
    fn run(&self, device: &cpal::Device, config: cpal::StreamConfig) -> Result<(Recorder, Consumer<f32>), cpal::Error> {
        let frames = config.sample_rate as usize * RING.as_millis() as usize / 1_000;
        let (producer, consumer) = RingBuffer::new(frames * usize::from(config.channels));
        let pouring = Pouring::new(producer, Arc::clone(&self.shared), config.channels);
        let shared = Arc::clone(&self.shared);
        let answer = self.answer.clone();
        let asked_for = self.asked_for.clone();
        let on_error = move |error: cpal::Error| {
            // Only the first fault does anything: some hosts repeat theirs without end.
            let Some(fault) = fault_of(&error) else { return };
            // A headset that changes its rate while its microphone starts is there all the same: the reader learns of it
            // and opens it again.
            if shared.fail(fault) && fault != Fault::FormatChanged {
                // Of use while the stream is being opened only; later nobody receives it.
                let subject = if asked_for.is_empty() { "The microphone" } else { &asked_for };
                let _ = answer.try_send(Err(cannot_open(subject, &error)));
            }
        };
        Ok((Recorder::start(device, config, pouring, on_error)?, consumer))
    }

    /// Returns when the stream is of no use any more: its reader is gone, it failed, or its device did.
    fn watch(&self, recorder: &Recorder, id: &str) {
        let mut listed = Instant::now();
        let mut checked = Instant::now();
        while !self.shared.is_over() {
            let rest = CHECK_INTERVAL.saturating_sub(checked.elapsed());
            if !rest.is_zero() {
                thread::park_timeout(rest);
                continue;
            }
            if let Err(error) = recorder.check()
                && let Some(fault) = fault_of(&error)
            {
                self.shared.fail(fault);
            }
            checked = Instant::now();
            if listed.elapsed() < WATCH_INTERVAL {
                continue;
            }
            match Connection::shared().with_host(&|host| find::is_present(host, id)) {
                Ok(true) => {}
                Ok(false) => {
                    self.shared.fail(Fault::DeviceGone);
                }
                Err(error) if is_disconnected(&error) => {
                    self.shared.fail(Fault::StreamBroken);
                }
                Err(error) => tracing::debug!(%error, "the device list could not be read"),
            }
            listed = Instant::now();
        }
    }
}

/// What an error means for a stream; `None` for those that it survives.
fn fault_of(error: &cpal::Error) -> Option<Fault> {
    use cpal::ErrorKind as Cpal;
    match error.kind() {
        Cpal::Xrun | Cpal::RealtimeDenied | Cpal::DeviceChanged => None,
        Cpal::DeviceNotAvailable => Some(Fault::DeviceGone),
        kind if recorder::is_change_of_format(kind) => Some(Fault::FormatChanged),
        _ => Some(Fault::StreamBroken),
    }
}

fn absent(name: &str) -> Error {
    let message = format!("The microphone \"{name}\" is not connected. Connect it or choose another.");
    Error::new(ErrorKind::NoMicrophone, message)
}

fn no_microphone() -> Error {
    Error::new(ErrorKind::NoMicrophone, "No microphone is connected. Connect one and try again.")
}

fn only_monitor() -> Error {
    Error::new(
        ErrorKind::NoMicrophone,
        "No microphone is connected: the system's default input only repeats what the loudspeaker plays. \
         Connect a microphone or choose one as the default.",
    )
}

fn no_samples(name: &str) -> Error {
    let subject = if name.is_empty() { "The microphone".to_owned() } else { format!("The microphone \"{name}\"") };
    let message = format!(
        "{subject} delivers no sound. Close other programs that use it, or disconnect it and connect it again."
    );
    Error::new(ErrorKind::MicrophoneBusy, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_survives_what_cpal_only_remarks() {
        assert_eq!(fault_of(&cpal::Error::new(cpal::ErrorKind::Xrun)), None);
        assert_eq!(fault_of(&cpal::Error::new(cpal::ErrorKind::RealtimeDenied)), None);
        assert_eq!(fault_of(&cpal::Error::new(cpal::ErrorKind::DeviceNotAvailable)), Some(Fault::DeviceGone));
        let invalidated = if cfg!(target_os = "macos") { Fault::FormatChanged } else { Fault::StreamBroken };
        assert_eq!(fault_of(&cpal::Error::new(cpal::ErrorKind::StreamInvalidated)), Some(invalidated));
    }
}

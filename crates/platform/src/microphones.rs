//! Microphones: PulseAudio (and PipeWire's server of that protocol) on Linux, CoreAudio on macOS. cpal lists them; the
//! system's `recorder` records.
//!
//! The threads of one open microphone: the system's audio callback pushes into a ring, the thread that called
//! `open` reads from it, and a thread named `devices` owns the recorder, watches it and the device list, and drops
//! the recorder when the reader is dropped.

mod connection;
mod find;
mod input;
mod opening;
mod pouring;
mod shape;
mod shared;

pub(crate) use connection::{Connection, Refusal};
pub(crate) use pouring::Pouring;

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tawk_core::microphone::{Microphone, MicrophoneChoice};
use tawk_core::ports::{InputStream, Microphones};
use tawk_core::{Error, ErrorKind, Result};

/// How long a list may take before the sound server counts as hung. A healthy one answers in a few
/// milliseconds; cpal itself gives up connecting after 2 s.
const LIST_LIMIT: Duration = Duration::from_millis(2_500);

/// The microphones that cpal's preferred host knows.
pub(crate) struct CpalMicrophones {
    /// Names of the microphones seen so far by id, so that an error can name one that is away.
    names: Mutex<HashMap<String, String>>,
}

impl CpalMicrophones {
    pub(crate) fn new() -> Self {
        Self { names: Mutex::new(HashMap::new()) }
    }

    fn remember(&self, microphone: &Microphone) {
        let mut names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.insert(microphone.id.clone(), microphone.name.clone());
    }

    /// The name for people, or the id where the microphone has never been seen.
    fn name_of(&self, id: &str) -> String {
        let names = self.names.lock().unwrap_or_else(PoisonError::into_inner);
        names.get(id).cloned().unwrap_or_else(|| id.to_owned())
    }
}

impl Microphones for CpalMicrophones {
    fn list(&self) -> Result<Vec<Microphone>> {
        let microphones = Connection::shared().ask(LIST_LIMIT, find::list).map_err(|refusal| match refusal {
            Refusal::Silent => server_hung(),
            Refusal::Failed(error) => cannot_open("The microphones", &error),
        })?;
        for microphone in &microphones {
            self.remember(microphone);
        }
        Ok(microphones)
    }

    fn open_within(&self, choice: &MicrophoneChoice, limit: Duration) -> Result<Box<dyn InputStream>> {
        let asked_for = match choice {
            MicrophoneChoice::SystemDefault => String::new(),
            MicrophoneChoice::Id(id) => self.name_of(id),
        };
        let input = opening::open(choice.clone(), &asked_for, limit)?;
        self.remember(input.microphone());
        Ok(Box::new(input))
    }
}

fn server_hung() -> Error {
    Error::new(ErrorKind::NoMicrophone, "The sound server does not answer. Restart it, or log out and in again.")
}

/// Says why `subject` (a microphone's name or "The microphones") cannot be used.
fn cannot_open(subject: &str, error: &cpal::Error) -> Error {
    use cpal::ErrorKind as Cpal;
    match error.kind() {
        Cpal::HostUnavailable | Cpal::StreamInvalidated => Error::new(
            ErrorKind::NoMicrophone,
            "Tawk cannot reach the sound server. Start PulseAudio, or PipeWire with its PulseAudio service, and try again.",
        ),
        Cpal::DeviceNotAvailable => {
            Error::new(ErrorKind::NoMicrophone, format!("{subject} went away. Connect it again or choose another."))
        }
        Cpal::PermissionDenied => Error::new(
            ErrorKind::MicrophoneDenied,
            format!("The system does not let Tawk use the microphone ({error}). Allow it in the system's settings."),
        ),
        _ => Error::new(
            ErrorKind::MicrophoneBusy,
            format!("{subject} cannot be opened ({error}). Close the program that uses it, or choose another."),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_says_what_can_be_done_about_it() {
        let kind = |kind: cpal::ErrorKind| cannot_open("Desk", &cpal::Error::new(kind)).kind;
        assert_eq!(kind(cpal::ErrorKind::HostUnavailable), ErrorKind::NoMicrophone);
        assert_eq!(kind(cpal::ErrorKind::DeviceNotAvailable), ErrorKind::NoMicrophone);
        assert_eq!(kind(cpal::ErrorKind::PermissionDenied), ErrorKind::MicrophoneDenied);
        assert_eq!(kind(cpal::ErrorKind::DeviceBusy), ErrorKind::MicrophoneBusy);
        assert_eq!(kind(cpal::ErrorKind::UnsupportedConfig), ErrorKind::MicrophoneBusy);
    }

    #[test]
    fn a_microphone_that_is_away_keeps_its_name() {
        let microphones = CpalMicrophones::new();
        assert_eq!(microphones.name_of("pulseaudio:mic_a"), "pulseaudio:mic_a");
        microphones.remember(&Microphone {
            id: "pulseaudio:mic_a".into(),
            name: "Desk microphone".into(),
            is_default: true,
            is_bluetooth: false,
        });
        assert_eq!(microphones.name_of("pulseaudio:mic_a"), "Desk microphone");
    }
}

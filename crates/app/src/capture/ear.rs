//! An open microphone, and what makes 16 kHz mono of its sound.

use std::time::{Duration, Instant};

use tawk_audio::{ChannelPicker, Resampler};
use tawk_core::microphone::{ChannelChoice, Microphone, MicrophoneChoice, Succession};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{InputStream, Microphones, Permissions};
use tawk_core::{Error, ErrorKind, Result};

/// Opens the first of the wanted microphones that can be opened, each within `limit` if there is one.
pub(crate) fn open_first(
    microphones: &dyn Microphones,
    order: &Succession,
    channel: ChannelChoice,
    limit: Option<Duration>,
) -> Result<Ear> {
    let mut failure = None;
    for choice in order.candidates() {
        let opened = match limit {
            Some(limit) => microphones.open_within(choice, limit),
            None => microphones.open(choice),
        };
        match opened.and_then(|stream| Ear::new(stream, choice.clone(), channel)) {
            Ok(ear) => return Ok(ear),
            Err(error) if error.kind == ErrorKind::MicrophoneDenied => return Err(error),
            // What is said in the end is about the one that is wanted most.
            Err(error) => failure = failure.or(Some(error)),
        }
    }
    Err(failure
        .unwrap_or_else(|| Error::new(ErrorKind::NoMicrophone, "No microphone is chosen. Choose one in Tawk's menu.")))
}

/// Asks for the permission where nobody has yet. The system then withholds the sound until the user has answered.
pub(crate) fn may_listen(permissions: &dyn Permissions) -> Result<()> {
    let denied = |message: &str| Err(Error::new(ErrorKind::MicrophoneDenied, message));
    match permissions.state(Permission::Microphone) {
        PermissionState::Denied => denied(
            "Tawk may not use the microphone. Switch Tawk on in System Settings, Privacy & Security, Microphone.",
        ),
        PermissionState::Restricted => {
            denied("A policy of this machine forbids Tawk to use the microphone. Ask whoever manages it.")
        }
        PermissionState::NotAsked => permissions.request(Permission::Microphone),
        _ => Ok(()),
    }
}

/// A microphone that is being heard. Each has a resampler of its own, since the next one may have another rate.
pub(crate) struct Ear {
    stream: Box<dyn InputStream>,
    /// What it was opened as.
    pub(super) choice: MicrophoneChoice,
    pub(super) opened: Instant,
    picker: ChannelPicker,
    resampler: Resampler,
    frames: Vec<f32>,
    mono: Vec<f32>,
}

impl Ear {
    /// # Errors
    /// `BadInput` for a rate that no sound has.
    pub(super) fn new(stream: Box<dyn InputStream>, choice: MicrophoneChoice, channel: ChannelChoice) -> Result<Self> {
        let format = stream.format();
        Ok(Self {
            picker: ChannelPicker::new(format, channel),
            resampler: Resampler::new(format.rate)?,
            stream,
            choice,
            opened: Instant::now(),
            frames: Vec::new(),
            mono: Vec::new(),
        })
    }

    pub(crate) fn microphone(&self) -> &Microphone {
        self.stream.microphone()
    }

    /// Hz.
    pub(super) fn rate(&self) -> u32 {
        self.stream.format().rate
    }

    pub(super) fn channels(&self) -> u16 {
        self.stream.format().channels
    }

    /// Frames that were lost because nobody took them in time.
    pub(super) fn overruns(&self) -> u64 {
        self.stream.overruns()
    }

    /// Waits for sound and appends it to `samples`. Returns how long it lasts: zero when none came.
    ///
    /// # Errors
    /// `MicrophoneLost`; then only [`Ear::finish`] gives anything.
    pub(crate) fn hear(&mut self, wait: Duration, samples: &mut Vec<f32>) -> Result<Duration> {
        self.frames.clear();
        self.mono.clear();
        let frames = self.stream.read(&mut self.frames, wait)?;
        self.picker.push(&self.frames, &mut self.mono);
        self.resampler.push(&self.mono, samples);
        Ok(Duration::from_secs_f64(frames as f64 / f64::from(self.rate())))
    }

    /// What [`Ear::hear`] gave last, in the device's own rate.
    pub(super) fn heard(&self) -> &[f32] {
        &self.mono
    }

    /// All sound before this moment has been given.
    pub(super) fn until(&self) -> Option<Instant> {
        self.stream.captured_until()
    }

    /// Appends what picker and resampler still hold.
    pub(super) fn finish(&mut self, samples: &mut Vec<f32>) {
        self.mono.clear();
        self.picker.finish(&mut self.mono);
        self.resampler.push(&self.mono, samples);
        self.resampler.finish(samples);
    }
}

//! An open microphone, and what makes 16 kHz mono of its sound.

use std::time::{Duration, Instant};

use tawk_audio::{ChannelPicker, Resampler};
use tawk_core::microphone::{ChannelChoice, Microphone, MicrophoneChoice, Succession};
use tawk_core::permission::{Permission, PermissionState};
use tawk_core::ports::{InputStream, Microphones, Permissions};
use tawk_core::{Error, ErrorKind, Result};

/// How long all of a list may take to open: less than the session waits for the first sound.
const LIST_LIMIT: Duration = Duration::from_secs(12);

/// As long as no more than this has passed, the next of a list is tried even if nobody wants it any more.
const PROMPT: Duration = Duration::from_millis(500);

/// Opens the first of the wanted microphones that can be opened, each within `limit`, and within its share of the time
/// that there is for all of them. Gives up between two of them when `is_unwanted` says that nobody waits for it.
pub(crate) fn open_first(
    microphones: &dyn Microphones,
    order: &Succession,
    channel: ChannelChoice,
    limit: Duration,
    mut is_unwanted: impl FnMut() -> bool,
) -> Result<Ear> {
    let began = Instant::now();
    let mut failure = None;
    let candidates = order.candidates();
    for (at, choice) in candidates.iter().enumerate() {
        let spent = began.elapsed();
        if spent > PROMPT && is_unwanted() {
            break;
        }
        let opened = microphones.open_within(choice, limit.min(share(spent, candidates.len() - at)));
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

/// How long the next of `left` microphones may take when so much time was spent already, so that each has its turn.
fn share(spent: Duration, left: usize) -> Duration {
    LIST_LIMIT.saturating_sub(spent) / u32::try_from(left.max(1)).unwrap_or(u32::MAX)
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

    /// Whether it was lost only because its device has another format now.
    pub(super) fn is_outdated(&self) -> bool {
        self.stream.is_outdated()
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

#[cfg(test)]
mod tests {
    use tawk_core::ports::OPEN_LIMIT;
    use tawk_core::session::CONNECT_BOUND;

    use super::*;

    #[test]
    fn every_microphone_of_a_list_that_hangs_has_its_turn_before_the_session_gives_up() {
        for count in 1..20 {
            let (mut spent, mut least) = (Duration::ZERO, OPEN_LIMIT);
            for left in (1..=count).rev() {
                let limit = OPEN_LIMIT.min(share(spent, left));
                least = least.min(limit);
                spent += limit;
            }
            assert!(spent <= LIST_LIMIT && spent + PROMPT < CONNECT_BOUND, "{count}: {spent:?}");
            assert!(least >= OPEN_LIMIT.min(LIST_LIMIT / count as u32), "{count}: {least:?}");
        }
        assert_eq!(share(2 * LIST_LIMIT, 0), Duration::ZERO);
    }
}

//! Microphones as the user knows them: a name to read, an id that stays.

use serde::{Deserialize, Serialize};

/// A microphone that is connected now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Microphone {
    /// The system's stable id, for instance `pulseaudio:mic_a`. Survives restarts and re-plugging.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// Whether this is what "System default" means at the moment.
    pub is_default: bool,
}

/// Which microphone to listen to.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub enum MicrophoneChoice {
    /// Whatever the system has as its default when recording starts.
    #[default]
    SystemDefault,
    /// The microphone with this [`Microphone::id`] and no other.
    Id(String),
}

/// Which of a microphone's channels are heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum ChannelChoice {
    /// The channel that carries the most voice, so that one live input among eight is not buried.
    #[default]
    Loudest,
    /// The mean of all channels.
    Mix,
    /// One channel, counted from 0.
    Index(u16),
}

/// The shape of a stream of interleaved frames.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamFormat {
    /// Frames per second, in Hz.
    pub rate: u32,
    /// Samples per frame; at least 1.
    pub channels: u16,
}

//! Microphones as the user knows them: a name to read, an id that stays.

mod succession;

use serde::{Deserialize, Serialize};

pub use succession::Succession;

/// A microphone that is connected now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Microphone {
    /// The system's stable id, for instance `pulseaudio:mic_a`. Survives restarts and re-plugging.
    pub id: String,
    /// The name shown to people.
    pub name: String,
    /// Whether this is what "System default" means at the moment.
    pub is_default: bool,
    /// Whether it is reached over Bluetooth, as far as the system tells.
    #[serde(default)]
    pub is_bluetooth: bool,
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

impl MicrophoneChoice {
    /// What the id in a setting or on a command line means: [`DEFAULT_MICROPHONE`] or a [`Microphone::id`].
    pub fn of(id: &str) -> Self {
        match id {
            DEFAULT_MICROPHONE => Self::SystemDefault,
            id => Self::Id(id.into()),
        }
    }

    /// Whether `microphone`, which is connected, is the one that is meant.
    pub fn means(&self, microphone: &Microphone) -> bool {
        match self {
            Self::SystemDefault => microphone.is_default,
            Self::Id(id) => microphone.id == *id,
        }
    }
}

/// In the place of an id: whatever the system has as its default.
pub const DEFAULT_MICROPHONE: &str = "default";

/// One entry of the user's list of microphones, of which the first that is connected is used. It stays in the list
/// while the microphone is away.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written", into = "Written")]
pub struct PreferredMicrophone {
    /// [`DEFAULT_MICROPHONE`] or a [`Microphone::id`].
    pub id: String,
    /// Its name, to show while it is away; empty when nobody knows it.
    pub name: String,
}

impl PreferredMicrophone {
    /// The system's default.
    pub fn system_default() -> Self {
        Self { id: DEFAULT_MICROPHONE.into(), name: String::new() }
    }

    /// Which microphone that is.
    pub fn choice(&self) -> MicrophoneChoice {
        MicrophoneChoice::of(&self.id)
    }

    /// The name for people, or else the id.
    pub fn label(&self) -> &str {
        if self.name.is_empty() { &self.id } else { &self.name }
    }
}

/// How an entry is written: the bare id, or the id with its name.
#[derive(Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    Id(String),
    Named {
        id: String,
        #[serde(default)]
        name: String,
    },
}

impl From<Written> for PreferredMicrophone {
    fn from(written: Written) -> Self {
        match written {
            Written::Id(id) => Self { id, name: String::new() },
            Written::Named { id, name } => Self { id, name },
        }
    }
}

impl From<PreferredMicrophone> for Written {
    fn from(PreferredMicrophone { id, name }: PreferredMicrophone) -> Self {
        if name.is_empty() { Written::Id(id) } else { Written::Named { id, name } }
    }
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

//! Tawk listens to signals here.
//!
//! Everything between a microphone or a file and the recogniser: decoding, the choice of a channel, resampling to
//! [`tawk_core::SAMPLE_RATE`], level, and cutting a recording into segments at its pauses. Live capture and file
//! transcription use the same code. This crate knows no device and no clock; the only thing it opens is the file that
//! [`decode_file`] is given.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod channels;
mod cutter;
mod decode;
mod level;
mod loudness;
mod pipeline;
mod resample;
mod riff;
mod segmenter;
mod signal;

pub use channels::{ChannelPicker, to_mono};
pub use cutter::{Quiet, Segment, SegmenterConfig};
pub use decode::{Clip, decode, decode_file};
pub use level::{FLOOR_DBFS, Level};
pub use loudness::{loudness, voiced};
pub use pipeline::{mono_16k, segments_of};
pub use resample::{Resampler, resample_all};
pub use segmenter::{HOP, Segmenter};
pub use signal::{Flaw, SignalWatch};

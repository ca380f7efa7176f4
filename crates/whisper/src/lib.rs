//! Tawk recognises here.
//!
//! whisper.cpp, by way of whisper-rs, behind [`tawk_core::ports::Transcribers`]: loading a model file, running it,
//! stopping it, and the policy of the encoder window. All `unsafe` of this crate is in `engine`, `graphics`,
//! `loader` and `log`, each use with the reason why it is sound. Nothing here writes a transcript to a log.
#![warn(missing_docs)]

mod annotation;
mod doubt;
mod engine;
mod graphics;
mod loader;
mod log;
mod model_file;
mod pieces;
mod threads;
mod transcriber;
mod window;

pub use graphics::prepare;
pub use threads::default_threads;
pub use transcriber::{WhisperTranscriber, WhisperTranscribers};
pub use window::default_encoder_window;

//! Tawk decides here.
//!
//! This crate is pure: it knows no window, no operating system, no file, no thread and no clock.
//! What it needs from the world it names as a trait in [`ports`]; what it wants done it returns as
//! a value ([`session::Effect`], [`keystroke::Keystroke`]).
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod backlog;
pub mod error;
pub mod font;
pub mod hotkey;
pub mod keystroke;
pub mod login_item;
pub mod microphone;
pub mod permission;
pub mod place;
pub mod ports;
pub mod recognition;
pub mod session;
pub mod settings;
pub mod tap;
pub mod text;

pub use error::{Error, ErrorKind, Result};

/// The rate of all audio between capture and recogniser, in Hz: what Whisper hears.
pub const SAMPLE_RATE: u32 = 16_000;

//! The virtual desk for Tawk's whole-program tests, and what they share.
//!
//! A [`desk::Desk`] is a display, two microphones, a loudspeaker and a tray in a private home, made of Debian's
//! packages and gone when it is dropped. The tests fail by panicking with a sentence.
#![forbid(unsafe_code)]
#![allow(clippy::print_stdout)] // A test runner reports on its standard output.

pub mod accessibility;
pub mod app;
mod browser;
pub mod bus;
pub mod clip;
pub mod desk;
mod dialogue;
pub mod dice;
pub mod display;
pub mod family;
mod guard;
pub mod home;
pub mod keys;
pub mod logind;
pub mod microphone;
pub mod notifications;
pub mod process;
pub mod programs;
pub mod receiver;
pub mod runner;
pub mod screen;
pub mod sentences;
pub mod small_disk;
pub mod sound;
pub mod trace;
pub mod tray;
pub mod wait;
pub mod webdriver;
pub mod wer;

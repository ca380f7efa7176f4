//! The engine with all its threads on a fake machine: real speech in, a scripted or the real recogniser, fake keys out.
#![allow(clippy::unwrap_used, reason = "tests")]

mod app;
mod delivery;
mod dictation;
mod focus;
mod hotkey;
mod hud;
mod microphone;
mod model;
mod recording;
mod world;

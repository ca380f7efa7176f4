//! Tawk conducts here: threads, the session loop, the control socket, the doctor.
//!
//! This crate returns plain data and knows no window. Faces start an [`Engine`] with a [`Listener`] and speak to it
//! through a [`Handle`].
#![forbid(unsafe_code)]

mod again;
mod awake;
mod bench;
mod capture;
mod conductor;
mod control;
mod doctor;
mod engine;
mod erasing;
mod escape;
mod fetching;
mod handle;
mod hearing;
mod held;
mod history;
mod hud;
mod journal;
mod logging;
mod message;
mod model_row;
mod notices;
mod permissions;
mod playback;
mod recogniser;
mod recovery;
mod report;
mod samples;
mod shared;
mod signals;
mod status;
mod timing;
mod transcribe;
mod trial;
mod typing;
mod withholding;

pub use bench::{Batch, Bench, BenchOptions, until_last_word};
pub use control::{Reply, Request, send};
pub use doctor::{Check, CheckState, Report, examine};
pub use engine::{Engine, Options, start};
pub use erasing::{Models, erase, erase_rest};
pub use fetching::find as find_model;
pub use handle::Handle;
pub use logging::{LogGuard, start_logging};
pub use model_row::{ModelRow, model_rows};
pub use playback::play;
pub use status::{Deaf, FetchState, Listener, State, Status, Trouble, Waiting};
pub use timing::Timing;
pub use transcribe::{TranscribedSegment, Transcription, Transcriptionist};
pub use trial::Trial;

/// Tawk's version.
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

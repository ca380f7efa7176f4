//! Tawk remembers here: settings, recordings, the history, the model catalogue and the model files.
//!
//! Everything lies in the user's own folders ([`folders::Folders`]) and is readable by that user only.
//! Files are replaced as a whole or not at all. Fetching models is the feature `fetch`, so that what
//! does not fetch builds no TLS; the demo model's weights are the feature `demo-model`.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod catalogue;
mod digest;
mod disk;
pub mod erase;
#[cfg(feature = "fetch")]
pub mod fetch;
pub mod folders;
pub mod ggml;
pub mod history;
pub mod journal;
pub mod models;
pub mod recording;
pub mod settings;
mod timestamp;

pub use catalogue::{Catalogue, Entry, Languages};
pub use erase::Erased;
#[cfg(feature = "fetch")]
pub use fetch::{Origin, fetch};
pub use folders::Folders;
pub use history::History;
pub use models::{ModelFolder, ModelState, ModelStatus, id_of, is_demo_file};
pub use recording::{LeftBehind, Leftover, Recording, Recordings, Unfinished};
pub use settings::{SettingValue, SettingsFile};

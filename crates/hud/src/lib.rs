//! Tawk draws here: the panel that shows what a dictation does.
//!
//! This crate is pure: state and the bytes of fonts go in, pixels come out. It knows no window, no file and no clock. The
//! same state, look and time give the same picture.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod background;
mod colours;
mod layout;
mod meter;
mod painter;
mod shapes;
mod state;
mod symbols;
mod text;
mod typesetter;
mod words;

pub use painter::{Look, Painter};
pub use state::{LEVELS, Levels, Phase, State, Work};
pub use words::announcement;

//! Everything that reads what may not be what Tawk has written: audio files, journals, model files, settings, the
//! catalogue, the control socket, the window's requests, and texts to type.
//!
//! Each function here gives a [`Target`]. Two things feed them: the test `fuzz`, with spoiled files of `corpus`, a few
//! seconds in every test run; and libFuzzer, led by what of the code an input reaches, through the programs in `targets`
//! (feature `libfuzzer`, scripts/fuzz).

mod control;
mod files;
mod text;
mod window;

pub use control::control;
pub use files::{catalogue, journal, model, settings, wav};
pub use text::keystrokes;
pub use window::window;

/// Takes one input after the other, and panics where something is wrong.
pub type Target = Box<dyn FnMut(&[u8])>;

/// A number that an input always has, for what is tried with some inputs only.
fn choice(input: &[u8]) -> usize {
    input.iter().fold(input.len(), |number, byte| number.wrapping_mul(31).wrapping_add(usize::from(*byte)) >> 1)
}

#[cfg(feature = "libfuzzer")]
pub mod libfuzzer;

//! Sounds that are written down instead of played.

use std::sync::{Arc, Mutex};

use tawk_core::ports::{Sound, Sounds};

use super::lock;

/// The sounds played so far.
#[derive(Clone, Default)]
pub struct FakeSounds {
    played: Arc<Mutex<Vec<(Sound, f32)>>>,
}

impl FakeSounds {
    /// Every sound since the start with its volume, in order.
    pub fn played(&self) -> Vec<(Sound, f32)> {
        lock(&self.played).clone()
    }
}

impl Sounds for FakeSounds {
    fn play(&self, sound: Sound, volume: f32) {
        lock(&self.played).push((sound, volume));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_order() {
        let sounds = FakeSounds::default();
        sounds.play(Sound::Start, 0.5);
        sounds.clone().play(Sound::Stop, 1.0);
        assert_eq!(sounds.played(), [(Sound::Start, 0.5), (Sound::Stop, 1.0)]);
    }
}

//! Spoken sentences and other sounds, as the virtual microphones play them.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use crate::programs;

/// The rate of the virtual microphones, in Hz.
pub const RATE: u32 = 48_000;

/// Sound at [`RATE`], one channel, 16 bits.
#[derive(Clone)]
pub struct Clip {
    samples: Vec<i16>,
}

impl Clip {
    /// Reads a sound file of any format that sox knows.
    #[track_caller]
    pub fn read(file: &Path) -> Self {
        let output = Command::new("sox")
            // -R: the same dither at every run.
            .arg("-R")
            .arg(file)
            .args(["-t", "raw", "-r", &RATE.to_string(), "-c", "1", "-b", "16", "-e", "signed-integer", "-L", "-"])
            .output()
            .unwrap_or_else(|error| panic!("sox cannot be started: {error}. Run scripts/setup."));
        let complaint = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "sox cannot read {}: {complaint}", file.display());
        let samples = output.stdout.chunks_exact(2).map(|pair| i16::from_le_bytes([pair[0], pair[1]])).collect();
        Self { samples }
    }

    /// Silence.
    pub fn silence(length: Duration) -> Self {
        Self { samples: vec![0; samples_in(length)] }
    }

    /// White noise whose peaks are at `peak` of full scale, the same at every run.
    pub fn noise(length: Duration, peak: f32) -> Self {
        // xorshift32; the seed is arbitrary.
        let mut state: u32 = 0x2545_F491;
        let mut next = || {
            state ^= state << 13;
            state ^= state >> 17;
            state ^= state << 5;
            (state as f32 / u32::MAX as f32 * 2.0 - 1.0) * peak * f32::from(i16::MAX)
        };
        Self { samples: (0..samples_in(length)).map(|_| next() as i16).collect() }
    }

    /// The beginning of this clip, at most `length` long.
    pub fn beginning(&self, length: Duration) -> Self {
        let count = samples_in(length).min(self.samples.len());
        Self { samples: self.samples[..count].to_vec() }
    }

    /// This clip and then `next`.
    pub fn then(mut self, next: &Self) -> Self {
        self.samples.extend(&next.samples);
        self
    }

    /// The samples.
    pub fn samples(&self) -> impl Iterator<Item = i16> + '_ {
        self.samples.iter().copied()
    }

    /// How long it lasts.
    pub fn length(&self) -> Duration {
        Duration::from_secs_f64(self.samples.len() as f64 / f64::from(RATE))
    }
}

fn samples_in(length: Duration) -> usize {
    (length.as_secs_f64() * f64::from(RATE)) as usize
}

/// The folder of test audio in the repository.
pub fn audio() -> PathBuf {
    programs::repository().join("tests/audio")
}

/// Converts a sound file with sox: `formats` are output options such as `-r 44100 -c 2`, `effects` follow the file.
#[track_caller]
pub fn convert(from: &Path, to: &Path, formats: &str, effects: &str) {
    let mut sox = Command::new("sox");
    sox.arg("-R").arg(from).args(formats.split_whitespace()).arg(to).args(effects.split_whitespace());
    let output = sox.output().unwrap_or_else(|error| panic!("sox cannot be started: {error}. Run scripts/setup."));
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "sox cannot make {}: {complaint}", to.display());
}

/// Whether the tests run on a build server.
pub fn on_ci() -> bool {
    env::var_os("CI").is_some()
}

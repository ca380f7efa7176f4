//! Short quiet tones, synthesised and played on a thread of their own.

use std::f32::consts::TAU;
use std::slice::ChunksMut;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};
use tawk_core::ports::{Sound, Sounds};

use crate::loudspeaker;
use crate::microphones::Connection;

/// Peak at full volume: -12 dBFS, audible beside speech and not startling in headphones.
const PEAK: f32 = 0.25;

/// Fade at both ends of a note, so that it does not click.
const FADE: Duration = Duration::from_millis(8);

/// Silence after the last note, while the server's buffers still play it.
const TAIL: Duration = Duration::from_millis(150);

/// How many sounds may wait for one that plays. More are left out: a late signal misleads.
const WAITING_AT_MOST: usize = 1;

/// Tones through the default loudspeaker, which is opened for each and closed after it.
pub(crate) struct CpalSounds {
    player: Mutex<Option<Sender<(Sound, f32)>>>,
}

impl CpalSounds {
    pub(crate) fn new() -> Self {
        Self { player: Mutex::new(None) }
    }
}

impl Sounds for CpalSounds {
    fn play(&self, sound: Sound, volume: f32) {
        if volume.is_nan() || volume <= 0.0 {
            return;
        }
        let mut player = self.player.lock().unwrap_or_else(PoisonError::into_inner);
        let player = player.get_or_insert_with(start_player);
        // Full, or no thread could be started: then this one is not heard.
        let _ = player.try_send((sound, volume.min(1.0)));
    }
}

/// Starts the `sounds` thread, which sleeps between sounds and ends with the sender.
fn start_player() -> Sender<(Sound, f32)> {
    let (sender, receiver) = crossbeam_channel::bounded(WAITING_AT_MOST);
    if let Err(error) = thread::Builder::new().name("sounds".into()).spawn(move || play_all(&receiver)) {
        tracing::debug!(%error, "no thread for sounds");
    }
    sender
}

fn play_all(receiver: &Receiver<(Sound, f32)>) {
    for (sound, volume) in receiver {
        if let Err(error) = Connection::shared().with_host(&|host| play(host, sound, volume)) {
            tracing::debug!(?sound, %error, "a sound was not played");
        }
    }
}

/// Plays one sound to its end.
fn play(host: &cpal::Host, sound: Sound, volume: f32) -> Result<(), cpal::Error> {
    let over = Arc::new(AtomicBool::new(false));
    let end = {
        let (over, player) = (Arc::clone(&over), thread::current());
        move || {
            if !over.swap(true, Ordering::Relaxed) {
                player.unpark();
            }
        }
    };
    let ended = end.clone();
    let source = |rate| {
        let samples = synthesise(sound, volume, rate);
        let mut position = 0;
        move |frames: ChunksMut<'_, f32>| {
            for frame in frames {
                frame.fill(samples.get(position).copied().unwrap_or(0.0));
                position += 1;
            }
            if position >= samples.len() {
                ended();
            }
        }
    };
    let _stream = loudspeaker::start(host, source, end)?;

    // A loudspeaker that takes no samples is given up; the thread must be free for the next sound.
    let deadline = Instant::now() + length(sound) + Duration::from_secs(1);
    while !over.load(Ordering::Relaxed) && Instant::now() < deadline {
        thread::park_timeout(deadline.saturating_duration_since(Instant::now()));
    }
    Ok(())
}

/// How long `sound` takes, with [`TAIL`] after it.
fn length(sound: Sound) -> Duration {
    notes(sound).into_iter().map(|(_, ms)| Duration::from_millis(ms)).sum::<Duration>() + TAIL
}

/// The notes of `sound`: pitch in Hz and length in ms. Rising means listening, falling means done, low twice
/// means trouble, so that they differ without being looked at.
fn notes(sound: Sound) -> [(f32, u64); 2] {
    match sound {
        Sound::Start => [(660.0, 60), (880.0, 80)],
        Sound::Stop => [(880.0, 60), (660.0, 80)],
        Sound::Trouble => [(220.0, 120), (220.0, 120)],
    }
}

/// Mono samples of `sound` at `rate`, with [`TAIL`] after it.
fn synthesise(sound: Sound, volume: f32, rate: u32) -> Vec<f32> {
    let frames = |length: Duration| (length.as_secs_f64() * f64::from(rate)).round() as usize;
    let mut samples = Vec::new();
    for (pitch, length) in notes(sound) {
        let count = frames(Duration::from_millis(length));
        let fade = frames(FADE).max(1) as f32;
        samples.extend((0..count).map(|i| {
            let edge = (i.min(count - 1 - i) as f32 / fade).min(1.0);
            let envelope = 0.5 - 0.5 * (edge * TAU / 2.0).cos();
            (i as f32 * pitch * TAU / rate as f32).sin() * envelope * volume * PEAK
        }));
    }
    samples.resize(samples.len() + frames(TAIL), 0.0);
    samples
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOUNDS: [Sound; 3] = [Sound::Start, Sound::Stop, Sound::Trouble];

    #[test]
    fn tones_are_short_quiet_and_without_clicks() {
        for sound in SOUNDS {
            for rate in [8_000, 44_100, 192_000] {
                let samples = synthesise(sound, 1.0, rate);
                assert!(samples.len() as f32 / rate as f32 <= 0.4);
                let length = length(sound).as_secs_f64() * f64::from(rate);
                assert!((samples.len() as f64 - length).abs() <= 2.0, "{sound:?} at {rate}");
                let peak = samples.iter().fold(0.0_f32, |peak, s| peak.max(s.abs()));
                assert!((0.2..=PEAK).contains(&peak), "{sound:?} at {rate}: {peak}");
                assert!(samples[0].abs() < 0.001 && samples[samples.len() - 1].abs() < 0.001);
            }
            // The steepest step of a full-scale 880 Hz tone at 44.1 kHz is 0.031 of PEAK 0.25.
            let samples = synthesise(sound, 1.0, 44_100);
            assert!(samples.windows(2).all(|pair| (pair[1] - pair[0]).abs() < 0.04));
        }
    }

    #[test]
    fn start_rises_stop_falls_and_trouble_is_low() {
        let [start, stop, trouble] = SOUNDS.map(notes);
        assert!(start[0].0 < start[1].0);
        assert!(stop[0].0 > stop[1].0);
        assert!(trouble.iter().all(|note| note.0 < 300.0));
    }

    #[test]
    fn volume_scales_the_tone() {
        let (loud, half) = (synthesise(Sound::Start, 1.0, 48_000), synthesise(Sound::Start, 0.5, 48_000));
        assert!(loud.iter().zip(&half).all(|(l, h)| (l * 0.5 - h).abs() < 1e-6));
    }

    #[test]
    fn silence_opens_nothing() {
        let sounds = CpalSounds::new();
        for volume in [0.0, -1.0, f32::NAN] {
            sounds.play(Sound::Start, volume);
        }
        assert!(sounds.player.lock().unwrap().is_none());
    }
}

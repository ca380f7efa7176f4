//! Playing recordings, one at a time: in the app on a thread of its own, `playback`, that lasts as long as the sound.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::bounded;
use tawk_audio::Resampler;
use tawk_core::ports::Loudspeakers;
use tawk_core::recognition::AbortSwitch;
use tawk_core::{Error, ErrorKind, Result, SAMPLE_RATE};
use tawk_store::recording::sound_of;

use crate::message::Message;
use crate::shared::{Shared, locked};

/// So much is read and resampled at a time.
const PIECE: usize = SAMPLE_RATE as usize / 10;

/// How long one wait for room in the loudspeaker lasts at the most, so that stopping is heard at once.
const WAIT: Duration = Duration::from_millis(20);

/// A loudspeaker that takes nothing for so long is given up.
const STALL: Duration = Duration::from_secs(2);

/// Silence after the end, while the system's buffers still play it.
const TAIL: Duration = Duration::from_millis(150);

/// How long a face waits to hear that the loudspeaker is open. A sound server that hangs may take longer; then nobody waits.
const OPEN_BOUND: Duration = Duration::from_secs(5);

/// What can be played.
pub(crate) enum Sound {
    /// A remembered dictation, by its number, and its recording.
    Dictation(i64, PathBuf),
    /// What a microphone's trial heard, at 16 kHz.
    Trial(Arc<[f32]>),
}

/// What is being played.
pub(crate) struct Playing {
    /// None is a trial.
    dictation: Option<i64>,
    stop: AbortSwitch,
}

/// Plays the recording `path` to its end, or until `stop` is pulled. Waits for that.
///
/// # Errors
/// `Storage` and `BadInput` for the file, `Unsupported` when there is no loudspeaker, or it takes no sound.
pub fn play(loudspeakers: &dyn Loudspeakers, path: &Path, stop: &AbortSwitch) -> Result<()> {
    play_once_open(loudspeakers, sound_of(path)?, stop, &mut || {})
}

/// Plays `sound`, at 16 kHz.
fn play_once_open(
    loudspeakers: &dyn Loudspeakers,
    mut sound: impl Iterator<Item = f32>,
    stop: &AbortSwitch,
    opened: &mut dyn FnMut(),
) -> Result<()> {
    let mut loudspeaker = loudspeakers.open()?;
    opened();
    let rate = loudspeaker.rate();
    let mut resampler = Resampler::between(SAMPLE_RATE, rate)?;
    let (mut piece, mut ready) = (Vec::new(), Vec::new());
    let mut is_last = false;
    let mut taken_at = Instant::now();
    while !is_last {
        piece.clear();
        piece.extend(sound.by_ref().take(PIECE));
        is_last = piece.len() < PIECE;
        resampler.push(&piece, &mut ready);
        if is_last {
            resampler.finish(&mut ready);
            ready.resize(ready.len() + (TAIL.as_secs_f64() * f64::from(rate)) as usize, 0.0);
        }
        let mut written = 0;
        while written < ready.len() {
            if stop.is_aborted() {
                return Ok(());
            }
            let taken = loudspeaker.write(&ready[written..], WAIT)?;
            written += taken;
            taken_at = if taken > 0 { Instant::now() } else { in_time(taken_at)? };
        }
        ready.clear();
    }
    while !loudspeaker.pending().is_zero() && !stop.is_aborted() {
        taken_at = in_time(taken_at)?;
        thread::sleep(loudspeaker.pending().min(WAIT));
    }
    Ok(())
}

/// `taken_at`, unless the loudspeaker has taken nothing for too long since then.
fn in_time(taken_at: Instant) -> Result<Instant> {
    if taken_at.elapsed() < STALL {
        return Ok(taken_at);
    }
    let message = "The loudspeaker takes no sound. Choose another in the system's settings, and play anew.";
    Err(Error::new(ErrorKind::Unsupported, message))
}

/// Plays something in place of what is being played. Waits until the loudspeaker is open.
///
/// # Errors
/// As [`play`].
pub(crate) fn start(shared: &Arc<Shared>, sound: Sound) -> Result<()> {
    let stop = AbortSwitch::default();
    let dictation = match &sound {
        Sound::Dictation(id, _) => Some(*id),
        Sound::Trial(_) => None,
    };
    if let Some(before) = locked(&shared.playing).replace(Playing { dictation, stop: stop.clone() }) {
        before.stop.abort();
    }
    let (tell, told) = bounded(1);
    let theirs = Arc::clone(shared);
    let spawned = thread::Builder::new().name("playback".into()).spawn(move || {
        let mut opened = || {
            let _ = tell.try_send(Ok(()));
            theirs.tell_playing();
        };
        let loudspeakers = theirs.platform.loudspeakers.as_ref();
        let done = match sound {
            Sound::Dictation(_, path) => {
                sound_of(&path).and_then(|sound| play_once_open(loudspeakers, sound, &stop, &mut opened))
            }
            Sound::Trial(samples) => play_once_open(loudspeakers, samples.iter().copied(), &stop, &mut opened),
        };
        let is_mine = |playing: &mut Playing| Arc::ptr_eq(playing.stop.flag(), stop.flag());
        drop(locked(&theirs.playing).take_if(is_mine));
        theirs.tell_playing();
        if let Err(error) = done
            && tell.try_send(Err(error.clone())).is_err()
        {
            // Nobody waits for it any more.
            theirs.send(Message::Report(error));
        }
    });
    if let Err(error) = spawned {
        *locked(&shared.playing) = None;
        let message = format!("A thread could not be started ({error}). Close other programs and try again.");
        return Err(Error::new(ErrorKind::Internal, message));
    }
    told.recv_timeout(OPEN_BOUND).unwrap_or(Ok(()))
}

/// Stops what is being played, if anything.
pub(crate) fn stop(shared: &Shared) {
    if let Some(playing) = locked(&shared.playing).as_ref() {
        playing.stop.abort();
    }
}

/// Stops playing these dictations.
pub(crate) fn stop_those(shared: &Shared, dictations: &[i64]) {
    let is_one = |playing: &&Playing| playing.dictation.is_some_and(|dictation| dictations.contains(&dictation));
    if let Some(playing) = locked(&shared.playing).as_ref().filter(is_one) {
        playing.stop.abort();
    }
}

/// Stops playing what a trial heard.
pub(crate) fn stop_trial(shared: &Shared) {
    if let Some(playing) = locked(&shared.playing).as_ref().filter(|playing| playing.dictation.is_none()) {
        playing.stop.abort();
    }
}

impl Shared {
    /// Brings what is being played into the status.
    fn tell_playing(&self) {
        let playing = locked(&self.playing).as_ref().map(|playing| playing.dictation);
        self.tell_trial_playing(playing == Some(None));
        let now = playing.flatten();
        let mut status = locked(&self.status);
        if std::mem::replace(&mut status.playing, now) == now {
            return;
        }
        let told = status.clone();
        drop(status);
        self.listener.status_changed(&told);
    }
}

//! One segment to text, the same for live speech and for files: recognised, and what nobody said taken out.

use std::time::Duration;

use tawk_core::ports::Transcriber;
use tawk_core::recognition::{AbortSwitch, Recognition, RecognitionRequest};
use tawk_core::{Result, SAMPLE_RATE};

/// Recognises `samples` (mono, [`SAMPLE_RATE`]).
///
/// # Errors
/// As [`Transcriber::transcribe`].
pub(crate) fn hear(
    transcriber: &mut dyn Transcriber,
    samples: &[f32],
    request: &RecognitionRequest,
    abort: &AbortSwitch,
) -> Result<Recognition> {
    let length = Duration::from_secs_f64(samples.len() as f64 / f64::from(SAMPLE_RATE));
    let heard = transcriber.transcribe(samples, request, abort)?;
    Ok(heard.guarded(&request.prompt, length, tawk_audio::loudness(samples), || tawk_audio::voiced(samples)))
}

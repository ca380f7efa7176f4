//! Records from a microphone, through cpal.

use cpal::traits::{DeviceTrait as _, StreamTrait as _};
use cpal::{Data, InputCallbackInfo, SampleFormat, StreamConfig};

use crate::microphones::Pouring;

/// A running recording. Dropping it ends it. CoreAudio never moves it to another device, and says when the device goes or
/// changes its rate.
pub(crate) struct Recorder(#[allow(dead_code, reason = "held for its drop")] cpal::Stream);

impl Recorder {
    /// Starts to record from `device`. Errors that end the recording go to `on_error`.
    pub(crate) fn start(
        device: &cpal::Device,
        config: StreamConfig,
        mut pouring: Pouring,
        on_error: impl FnMut(cpal::Error) + Send + 'static,
    ) -> Result<Self, cpal::Error> {
        let samples_a_second = u64::from(config.sample_rate) * u64::from(config.channels);
        let on_samples = move |data: &Data, info: &InputCallbackInfo| {
            let samples = data.as_slice::<f32>().unwrap_or_default();
            // The capture time is that of the buffer's first sample.
            let stamp = info.timestamp();
            let latency = stamp.callback.checked_duration_since(stamp.capture).unwrap_or_default();
            let length = std::time::Duration::from_nanos(samples.len() as u64 * 1_000_000_000 / samples_a_second);
            pouring.pour(samples.iter().copied(), latency.saturating_sub(length));
        };
        let stream = device.build_input_stream_raw(config, SampleFormat::F32, on_samples, on_error, None)?;
        stream.play()?;
        Ok(Self(stream))
    }

    /// Nothing to ask: CoreAudio tells by itself.
    #[allow(clippy::unused_self, reason = "as on Linux")]
    pub(crate) fn check(&self) -> Result<(), cpal::Error> {
        Ok(())
    }
}

/// Whether an error of a running recording says that its device has another rate now. cpal's CoreAudio host reports
/// nothing else in this way.
pub(crate) fn is_change_of_format(kind: cpal::ErrorKind) -> bool {
    kind == cpal::ErrorKind::StreamInvalidated
}

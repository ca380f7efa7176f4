//! The system's default loudspeaker, through cpal: for tones and for recordings.

use std::slice::ChunksMut;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use cpal::traits::{DeviceTrait as _, HostTrait as _, StreamTrait as _};
use cpal::{BufferSize, SampleFormat, SupportedBufferSize};
use rtrb::{Producer, RingBuffer};
use tawk_core::ports::{Loudspeakers, OutputStream};
use tawk_core::{Error, ErrorKind, Result};

use crate::microphones::Connection;

/// So much sound waits for the system at the most: a writer that is late by less is not heard.
const AHEAD: Duration = Duration::from_millis(200);

/// Opens the default loudspeaker and starts it. `source` is told the rate in Hz and gives what fills the frames of each
/// buffer. That, and `failed`, which is called when the loudspeaker is lost, run on the system's audio thread and must not
/// block.
pub(crate) fn start<F>(
    host: &cpal::Host,
    source: impl FnOnce(u32) -> F,
    mut failed: impl FnMut() + Send + 'static,
) -> Result<cpal::Stream, cpal::Error>
where
    F: FnMut(ChunksMut<'_, f32>) + Send + 'static,
{
    let device = host.default_output_device().ok_or_else(|| cpal::Error::new(cpal::ErrorKind::DeviceNotAvailable))?;
    let default = device.default_output_config()?;
    let mut config = default.config();
    let (rate, channels) = (config.sample_rate, usize::from(config.channels));
    if rate == 0 || channels == 0 {
        return Err(cpal::Error::new(cpal::ErrorKind::UnsupportedConfig));
    }
    // 20 ms: short enough that a tone comes at once, long enough to survive a busy machine.
    let wanted = rate / 50;
    config.buffer_size = BufferSize::Fixed(match default.buffer_size() {
        SupportedBufferSize::Range { min, max } => wanted.min(*max).max(*min),
        SupportedBufferSize::Unknown => wanted,
    });
    let mut fill = source(rate);
    let on_buffer = move |data: &mut cpal::Data, _: &cpal::OutputCallbackInfo| {
        if let Some(out) = data.as_slice_mut::<f32>() {
            fill(out.chunks_mut(channels));
        }
    };
    let on_error = move |error: cpal::Error| {
        if error.kind() != cpal::ErrorKind::Xrun {
            failed();
        }
    };
    let stream = device.build_output_stream_raw(config, SampleFormat::F32, on_buffer, on_error, None)?;
    stream.play()?;
    Ok(stream)
}

/// Opens the default loudspeaker.
pub(crate) struct CpalLoudspeakers;

impl Loudspeakers for CpalLoudspeakers {
    fn open(&self) -> Result<Box<dyn OutputStream>> {
        match Connection::shared().with_host(&open) {
            Ok(output) => Ok(Box::new(output)),
            Err(error) => Err(no_loudspeaker(&error)),
        }
    }
}

/// A running loudspeaker. The stream ends when this is dropped, and with it what was not played yet.
struct CpalOutput {
    rate: u32,
    ring: Producer<f32>,
    is_lost: Arc<AtomicBool>,
    _stream: cpal::Stream,
}

fn open(host: &cpal::Host) -> Result<CpalOutput, cpal::Error> {
    let is_lost = Arc::new(AtomicBool::new(false));
    let (lost, writer) = (Arc::clone(&is_lost), thread::current());
    let mut opened = None;
    let source = |rate: u32| {
        let (ring, mut waiting) = RingBuffer::new((AHEAD.as_secs_f64() * f64::from(rate)) as usize);
        opened = Some((rate, ring));
        move |frames: ChunksMut<'_, f32>| {
            for frame in frames {
                frame.fill(waiting.pop().unwrap_or(0.0));
            }
            // One futex wake at the most, as in the microphone's callback.
            writer.unpark();
        }
    };
    let stream = start(host, source, move || lost.store(true, Ordering::Release))?;
    let (rate, ring) = opened.ok_or_else(|| cpal::Error::new(cpal::ErrorKind::UnsupportedConfig))?;
    Ok(CpalOutput { rate, ring, is_lost, _stream: stream })
}

impl OutputStream for CpalOutput {
    fn rate(&self) -> u32 {
        self.rate
    }

    fn write(&mut self, samples: &[f32], wait: Duration) -> Result<usize> {
        if self.ring.slots() == 0 {
            thread::park_timeout(wait);
        }
        if self.is_lost.load(Ordering::Acquire) {
            return Err(Error::new(
                ErrorKind::Unsupported,
                "The loudspeaker went away. Connect it again, or choose another in the system's settings, and play anew.",
            ));
        }
        let count = self.ring.slots().min(samples.len());
        for &sample in &samples[..count] {
            // There is room for so many.
            let _ = self.ring.push(sample);
        }
        Ok(count)
    }

    fn pending(&self) -> Duration {
        let waiting = self.ring.buffer().capacity() - self.ring.slots();
        Duration::from_secs_f64(waiting as f64 / f64::from(self.rate))
    }
}

fn no_loudspeaker(error: &cpal::Error) -> Error {
    tracing::debug!(%error, "no loudspeaker");
    Error::new(
        ErrorKind::Unsupported,
        "There is no loudspeaker. Connect one, or choose one in the system's settings, and play anew.",
    )
}

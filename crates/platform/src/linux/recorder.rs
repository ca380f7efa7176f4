//! Records from a microphone of PulseAudio (or of PipeWire's server of that protocol).
//!
//! Not through cpal, which lists the devices, because a recording must stay with its microphone: when a source goes, the
//! server moves what records from it to another one, even to the monitor of a loudspeaker, unless it was told not to.
//! cpal cannot tell it.

use std::ffi::CString;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cpal::traits::DeviceTrait as _;
use cpal::{BufferSize, StreamConfig};
use futures::executor::block_on;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{ChannelMap, ChannelPosition, RecordStreamParams, SampleFormat, SampleSpec};
use pulseaudio::{Client, ClientError, RecordStream};

use crate::microphones::Pouring;

/// Bytes of a sample, a little-endian float.
const SAMPLE_BYTES: usize = 4;

/// How much of what nobody has fetched the server keeps, in buffers. With one it loses what comes in larger pieces.
const KEPT_BUFFERS: u32 = 20;

/// A running recording. Dropping it ends it.
pub(crate) struct Recorder {
    stream: RecordStream,
    /// How old the sound is when the server has it, in microseconds.
    age: Arc<AtomicU64>,
}

/// The connection that all recordings share; a new one after the server was restarted.
static CLIENT: Mutex<Option<Client>> = Mutex::new(None);

impl Recorder {
    /// Starts to record from `device` and returns when the first samples have come. What ends the recording is learnt
    /// from [`Recorder::check`].
    pub(crate) fn start(
        device: &cpal::Device,
        config: StreamConfig,
        mut pouring: Pouring,
        _on_error: impl FnMut(cpal::Error) + Send + 'static,
    ) -> Result<Self, cpal::Error> {
        let source = device.id()?;
        let params = params(source.id(), config)?;
        let age = Arc::new(AtomicU64::new(0));
        let theirs = Arc::clone(&age);
        let pour = move |bytes: &[u8]| {
            let samples = bytes.chunks_exact(SAMPLE_BYTES).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]));
            pouring.pour(samples, Duration::from_micros(theirs.load(Ordering::Relaxed)));
        };
        let client = connect()?;
        let stream = block_on(client.create_record_stream(params, pour)).inspect_err(forget)?;
        if stream.sample_spec().channels != config.channels as u8
            || stream.sample_spec().sample_rate != config.sample_rate
        {
            return Err(cpal::Error::new(cpal::ErrorKind::UnsupportedConfig));
        }
        block_on(stream.started())?;
        let recorder = Self { stream, age };
        recorder.check()?;
        Ok(recorder)
    }

    /// Asks the server whether it still records, and how old the sound is.
    ///
    /// # Errors
    /// `DeviceNotAvailable` when the device is gone or the server has ended the recording, `StreamInvalidated` when the
    /// server is gone.
    pub(crate) fn check(&self) -> Result<(), cpal::Error> {
        let timing = block_on(self.stream.timing_info()).inspect_err(forget)?;
        // What the server holds back grows until it is sent, and then begins anew: the least is the device's own delay.
        // It may grow when the device changes, so the memory of it fades.
        let least = self.age.load(Ordering::Relaxed);
        let faded = least + least / 8 + 500;
        let first = least == 0;
        self.age.store(if first { timing.source_usec } else { timing.source_usec.min(faded) }, Ordering::Relaxed);
        Ok(())
    }
}

/// Whether an error of a running recording says that its device has another rate now. Never: the server converts.
pub(crate) fn is_change_of_format(_kind: cpal::ErrorKind) -> bool {
    false
}

fn params(source: &str, config: StreamConfig) -> Result<RecordStreamParams, cpal::Error> {
    use ChannelPosition::{Aux0, FrontLeft, FrontRight, Mono};
    let unsupported = |_| cpal::Error::new(cpal::ErrorKind::UnsupportedConfig);
    let channels = u8::try_from(config.channels).map_err(unsupported)?;
    let BufferSize::Fixed(frames) = config.buffer_size else {
        return Err(cpal::Error::new(cpal::ErrorKind::UnsupportedConfig));
    };
    let bytes = frames * u32::from(channels) * SAMPLE_BYTES as u32;
    Ok(RecordStreamParams {
        sample_spec: SampleSpec { format: SampleFormat::Float32Le, channels, sample_rate: config.sample_rate },
        channel_map: match channels {
            1 => ChannelMap::new([Mono]),
            2 => ChannelMap::new([FrontLeft, FrontRight]),
            // The device's own places, which take the place of these.
            more => ChannelMap::new(std::iter::repeat_n(Aux0, usize::from(more))),
        },
        source_name: Some(CString::new(source).map_err(|_| cpal::Error::new(cpal::ErrorKind::InvalidInput))?),
        buffer_attr: BufferAttr {
            max_length: bytes.saturating_mul(KEPT_BUFFERS),
            fragment_size: bytes,
            ..Default::default()
        },
        flags: StreamFlags { no_move: true, adjust_latency: true, fix_channels: channels > 2, ..Default::default() },
        ..Default::default()
    })
}

fn connect() -> Result<Client, cpal::Error> {
    let mut shared = CLIENT.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(client) = &*shared {
        // A dead connection is noticed here, before anything is asked of it.
        if block_on(client.server_info()).is_ok() {
            return Ok(client.clone());
        }
    }
    let client = Client::from_env(c"Tawk")?;
    *shared = Some(client.clone());
    Ok(client)
}

/// Lets go of a connection that the server has closed.
fn forget(error: &ClientError) {
    if matches!(error, ClientError::Disconnected | ClientError::Io(_)) {
        *CLIENT.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

//! The shape in which a device is opened.

use cpal::traits::DeviceTrait as _;
use cpal::{BufferSize, StreamConfig, SupportedBufferSize, SupportedStreamConfig};

/// Buffers a second that are asked for. Never the default size, which is 2 s on PulseAudio.
///
/// CoreAudio calls back once a buffer, so 10 ms it is. PulseAudio and PipeWire send on at once what the device
/// delivers, whatever the size; a sound card is read about twice a buffer, so that the last word comes up to 25 ms
/// late. Measured with a PulseAudio microphone that delivers every 10 ms, and a server that was told to keep one buffer
/// only: with 10 ms three quarters of the speech were lost, with 20 ms some, with 50 ms nothing. 50 ms also holds
/// PipeWire's largest default quantum (2048 frames at 48 kHz).
const BUFFERS_PER_SECOND: u32 = if cfg!(target_os = "macos") { 100 } else { 20 };

/// Bounds of the buffer, in frames, whatever the rate.
const BUFFER: std::ops::RangeInclusive<u32> = 480..=4_800;

/// How `device` is opened: with its own rate and channels, so that nothing is resampled twice. The samples are asked for
/// as `f32`: PulseAudio, PipeWire and CoreAudio's audio unit all convert to it.
pub(super) fn of(device: &cpal::Device) -> Result<StreamConfig, cpal::Error> {
    let default = match device.default_input_config() {
        // The device works in a format that cpal has no name for (A-law, for instance); the server converts.
        Err(error) if error.kind() == cpal::ErrorKind::UnsupportedConfig => {
            let first = device.supported_input_configs()?.next().ok_or(error)?;
            first.try_with_sample_rate(48_000).unwrap_or_else(|| first.with_max_sample_rate())
        }
        default => default?,
    };
    shape(&default, has_numbered_channels(&format!("{device:?}")))
}

/// Whether PulseAudio numbers the channels (`aux0`, `aux1`, ...) instead of placing them (front left, ...), as it
/// does for audio interfaces with many inputs. `device` is cpal's debug text, the only place where it shows this.
fn has_numbered_channels(device: &str) -> bool {
    let map = device.split_once("channel_map: [").and_then(|(_, rest)| rest.split_once(']'));
    map.is_some_and(|(map, _)| map.contains("Aux"))
}

fn shape(default: &SupportedStreamConfig, has_numbered_channels: bool) -> Result<StreamConfig, cpal::Error> {
    let mut config = default.config();
    if has_numbered_channels && config.channels > 1 {
        // cpal asks for placed channels, and PulseAudio fills those with silence since none of them is there.
        // A single channel it makes from all of them.
        config.channels = 1;
    }
    if config.sample_rate == 0 || config.channels == 0 {
        return Err(cpal::Error::new(cpal::ErrorKind::UnsupportedConfig));
    }
    let wanted = (config.sample_rate / BUFFERS_PER_SECOND).clamp(*BUFFER.start(), *BUFFER.end());
    let frames = match default.buffer_size() {
        SupportedBufferSize::Range { min, max } => wanted.min(*max).max(*min),
        SupportedBufferSize::Unknown => wanted,
    };
    config.buffer_size = BufferSize::Fixed(frames);
    Ok(config)
}

#[cfg(test)]
mod tests {
    use super::*;
    use cpal::SampleFormat;

    fn buffer(rate: u32, min: u32, max: u32) -> BufferSize {
        let range = SupportedBufferSize::Range { min, max };
        shape(&SupportedStreamConfig::new(1, rate, range, SampleFormat::F32), false).unwrap().buffer_size
    }

    #[test]
    fn the_buffer_follows_the_rate_within_bounds() {
        assert_eq!(buffer(48_000, 1, 100_000), BufferSize::Fixed(48_000 / BUFFERS_PER_SECOND));
        assert_eq!(buffer(8_000, 1, 100_000), BufferSize::Fixed(480));
        assert_eq!(buffer(768_000, 1, 100_000), BufferSize::Fixed(4_800));
    }

    #[test]
    fn the_buffer_is_one_that_the_device_can_have() {
        assert_eq!(buffer(48_000, 5_000, 9_000), BufferSize::Fixed(5_000));
        assert_eq!(buffer(48_000, 16, 256), BufferSize::Fixed(256));
    }

    #[test]
    fn the_devices_own_rate_and_channels_are_kept() {
        let default = SupportedStreamConfig::new(2, 44_100, SupportedBufferSize::Unknown, SampleFormat::I16);
        let config = shape(&default, false).unwrap();
        assert_eq!((config.sample_rate, config.channels), (44_100, 2));
    }

    #[test]
    fn a_device_without_channels_is_refused() {
        let default = SupportedStreamConfig::new(0, 48_000, SupportedBufferSize::Unknown, SampleFormat::F32);
        assert!(shape(&default, false).is_err());
    }

    #[test]
    fn numbered_channels_are_heard_as_one() {
        assert!(has_numbered_channels("Source { info: SourceInfo { channel_map: [Aux0, Aux1], name: \"m\" } }"));
        assert!(!has_numbered_channels("Source { info: SourceInfo { channel_map: [FrontLeft], name: \"Aux\" } }"));
        assert!(!has_numbered_channels("Device { audio_device_id: 42 }"));
        let default = SupportedStreamConfig::new(8, 48_000, SupportedBufferSize::Unknown, SampleFormat::I32);
        assert_eq!(shape(&default, true).unwrap().channels, 1);
        assert_eq!(shape(&default, false).unwrap().channels, 8);
    }
}

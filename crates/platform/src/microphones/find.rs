//! Which devices are microphones, and which one is meant.

use cpal::traits::{DeviceTrait as _, HostTrait as _};
use tawk_core::microphone::{Microphone, MicrophoneChoice};

use crate::system::transport;

/// What a choice leads to.
pub(super) enum Found {
    /// The microphone that is there now.
    Here(Box<cpal::Device>, Microphone),
    /// The chosen microphone is not connected.
    Absent,
    /// No microphone is connected at all.
    Nothing,
    /// The system's default is the monitor of a loudspeaker, as PulseAudio does when no microphone is left.
    OnlyMonitor,
}

/// The microphones connected now, in the system's order.
pub(super) fn list(host: &cpal::Host) -> Result<Vec<Microphone>, cpal::Error> {
    let devices = host.devices()?;
    let default = default_id(host);
    Ok(devices
        .filter_map(|device| {
            let id = id_of(&device)?;
            let is_microphone = !is_monitor(&id) && device.supports_input();
            is_microphone.then(|| describe(&device, id, default.as_deref()))
        })
        .collect())
}

/// What `choice` means at this moment.
pub(super) fn find(host: &cpal::Host, choice: &MicrophoneChoice) -> Result<Found, cpal::Error> {
    match choice {
        MicrophoneChoice::SystemDefault => {
            let found = host.default_input_device().and_then(|device| Some((id_of(&device)?, device)));
            let Some((id, device)) = found else {
                // cpal gives `None` for a lost connection as well; asking for the list tells the two apart.
                host.devices()?;
                return Ok(Found::Nothing);
            };
            if is_monitor(&id) {
                return Ok(Found::OnlyMonitor);
            }
            let microphone = describe(&device, id.clone(), Some(&id));
            Ok(Found::Here(Box::new(device), microphone))
        }
        MicrophoneChoice::Id(wanted) => {
            let device = host.devices()?.find(|device| is_microphone_with(device, wanted));
            Ok(match device {
                Some(device) => {
                    let microphone = describe(&device, wanted.clone(), default_id(host).as_deref());
                    Found::Here(Box::new(device), microphone)
                }
                None => Found::Absent,
            })
        }
    }
}

/// Whether the microphone with `id` is still listed.
pub(super) fn is_present(host: &cpal::Host, id: &str) -> Result<bool, cpal::Error> {
    Ok(host.devices()?.any(|device| is_microphone_with(&device, id)))
}

fn is_microphone_with(device: &cpal::Device, wanted: &str) -> bool {
    id_of(device).is_some_and(|id| id == wanted) && !is_monitor(wanted) && device.supports_input()
}

fn describe(device: &cpal::Device, id: String, default: Option<&str>) -> Microphone {
    let name = device.description().map_or_else(|_| id.clone(), |description| description.name().to_owned());
    let is_default = default == Some(id.as_str());
    let is_bluetooth = transport::is_bluetooth(device, &id);
    Microphone { id, name, is_default, is_bluetooth }
}

fn default_id(host: &cpal::Host) -> Option<String> {
    host.default_input_device().and_then(|device| id_of(&device))
}

/// The stable id, such as `pulseaudio:mic_a` or `coreaudio:BuiltInMicrophoneDevice`. `None` for CoreAudio's
/// "no device", which cpal hands out as a default when there is none.
fn id_of(device: &cpal::Device) -> Option<String> {
    device.id().ok().map(|id| id.to_string())
}

/// PulseAudio lists what each loudspeaker plays as a source of the loudspeaker's name and this ending.
fn is_monitor(id: &str) -> bool {
    id.starts_with("pulseaudio:") && id.ends_with(".monitor")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pulseaudio_sources_of_that_name_are_monitors() {
        assert!(is_monitor("pulseaudio:alsa_output.pci-0000_00_1f.3.analog-stereo.monitor"));
        assert!(!is_monitor("pulseaudio:alsa_input.usb-Desk.monitor_mic"));
        assert!(!is_monitor("coreaudio:studio.monitor"));
    }
}

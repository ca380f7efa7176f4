//! How a microphone is reached.

/// Whether the microphone with cpal's `id` is reached over Bluetooth. PulseAudio notes it among a source's properties,
/// which cpal shows in its debug text only (`device.bus`, and `device.api` for the BlueZ of PulseAudio and PipeWire), and
/// begins such a source's name with `bluez`.
pub(crate) fn is_bluetooth(device: &cpal::Device, id: &str) -> bool {
    id.starts_with("pulseaudio:bluez") || has_bluetooth_properties(&format!("{device:?}"))
}

fn has_bluetooth_properties(device: &str) -> bool {
    device.contains(r#""device.bus": "bluetooth""#) || device.contains(r#""device.api": "bluez"#)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_headset_is_known_by_its_properties() {
        assert!(has_bluetooth_properties(r#"props: {"device.api": "bluez", "device.bus": "bluetooth"}"#));
        assert!(has_bluetooth_properties(r#"props: {"device.api": "bluez5"}"#));
        assert!(!has_bluetooth_properties(r#"props: {"device.bus": "usb"}, name: "bluetooth""#));
    }
}

//! How a microphone is reached.

use std::ffi::c_void;
use std::mem::size_of;
use std::ptr::{NonNull, from_ref, null};

use objc2_core_audio::{
    AudioObjectGetPropertyData, AudioObjectID, AudioObjectPropertyAddress, AudioObjectPropertySelector,
    kAudioDevicePropertyTransportType, kAudioDeviceTransportTypeBluetooth, kAudioDeviceTransportTypeBluetoothLE,
    kAudioHardwarePropertyTranslateUIDToDevice, kAudioObjectPropertyElementMain, kAudioObjectPropertyScopeGlobal,
    kAudioObjectSystemObject, kAudioObjectUnknown,
};
use objc2_core_foundation::CFString;

/// What cpal puts before CoreAudio's own id of a device.
const PREFIX: &str = "coreaudio:";

/// The transports of a Bluetooth headset's microphone.
const BLUETOOTH: [u32; 2] = [kAudioDeviceTransportTypeBluetooth, kAudioDeviceTransportTypeBluetoothLE];

/// Whether the microphone with cpal's `id` is reached over Bluetooth. cpal 0.18 does not ask CoreAudio for it.
pub(crate) fn is_bluetooth(_device: &cpal::Device, id: &str) -> bool {
    let Some(device) = id.strip_prefix(PREFIX).and_then(device_with) else { return false };
    let transport = number(device, kAudioDevicePropertyTransportType, None);
    transport.is_some_and(|transport| BLUETOOTH.contains(&transport))
}

/// CoreAudio's number, for this run of the system, of the device with the stable id `uid`.
fn device_with(uid: &str) -> Option<AudioObjectID> {
    let uid = CFString::from_str(uid);
    let device =
        number(kAudioObjectSystemObject as AudioObjectID, kAudioHardwarePropertyTranslateUIDToDevice, Some(&uid));
    device.filter(|&device| device != kAudioObjectUnknown)
}

/// A property of `object` that is a 32-bit number; `qualifier` says of what, where the property needs it.
#[allow(unsafe_code)]
fn number(object: AudioObjectID, property: AudioObjectPropertySelector, qualifier: Option<&CFString>) -> Option<u32> {
    let address = AudioObjectPropertyAddress {
        mSelector: property,
        mScope: kAudioObjectPropertyScopeGlobal,
        mElement: kAudioObjectPropertyElementMain,
    };
    let mut value = 0_u32;
    let mut size = size_of::<u32>() as u32;
    // CoreAudio takes a pointer to the reference of the string.
    let reference: *const CFString = qualifier.map_or(null(), from_ref);
    let (qualifier_size, qualifier) = match qualifier {
        Some(_) => (size_of::<*const CFString>() as u32, from_ref(&reference).cast::<c_void>()),
        None => (0, null()),
    };
    // SAFETY: every pointer is to a local that outlives the call, `size` is that of `value`, and both properties are
    // documented as a UInt32 (an AudioObjectID is one). The string lives as long as `qualifier`'s borrow.
    let status = unsafe {
        AudioObjectGetPropertyData(
            object,
            NonNull::from(&address),
            qualifier_size,
            qualifier,
            NonNull::from(&mut size),
            NonNull::from(&mut value).cast(),
        )
    };
    (status == 0 && size == size_of::<u32>() as u32).then_some(value)
}

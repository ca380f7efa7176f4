//! Light or dark, and whether things may move: what the user has chosen for all apps, as the desktop's portal tells.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tawk_core::ports::Appearance;
use zbus::blocking::Connection;
use zbus::zvariant::{OwnedValue, Value};

use super::bus::{self, Object};

const PORTAL: Object = Object {
    name: "org.freedesktop.portal.Desktop",
    path: "/org/freedesktop/portal/desktop",
    interface: "org.freedesktop.portal.Settings",
};

/// What is known of the user's taste. Dark, and with motion, where nobody tells.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Taste {
    pub(super) appearance: Appearance,
    pub(super) reduced_motion: bool,
}

/// The taste as it was when it was asked for last. Nobody waits for the answer.
#[derive(Clone, Default)]
pub(super) struct Tasting(Arc<Mutex<Known>>);

#[derive(Default)]
struct Known {
    taste: Taste,
    is_asking: bool,
}

impl Tasting {
    pub(super) fn known(&self) -> Taste {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).taste
    }

    /// Asks anew, on a thread that lives until the answer is there.
    pub(super) fn ask(&self) {
        if std::mem::replace(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner).is_asking, true) {
            return;
        }
        let known = Arc::clone(&self.0);
        let ask = move || {
            let taste = asked();
            *known.lock().unwrap_or_else(PoisonError::into_inner) = Known { taste, is_asking: false };
        };
        if let Err(error) = thread::Builder::new().name("taste".into()).spawn(ask) {
            tracing::warn!("no thread to ask for the appearance: {error}");
        }
    }
}

fn asked() -> Taste {
    let Ok(bus) = bus::session() else { return Taste::default() };
    let scheme = setting(&bus, "org.freedesktop.appearance", "color-scheme");
    let still = setting(&bus, "org.freedesktop.appearance", "reduced-motion");
    let animations = setting(&bus, "org.gnome.desktop.interface", "enable-animations");
    let _ = bus.close();
    taste(scheme.as_ref(), still.as_ref(), animations.as_ref())
}

fn setting(bus: &Connection, namespace: &str, key: &str) -> Option<OwnedValue> {
    bus::call(bus, PORTAL, "Read", &(namespace, key)).ok()
}

fn taste(scheme: Option<&OwnedValue>, still: Option<&OwnedValue>, animations: Option<&OwnedValue>) -> Taste {
    // 1 is for dark and 2 for light; 0 leaves it to the app.
    let is_light = matches!(scheme.map(inner), Some(Value::U32(2)));
    let wants_still = matches!(still.map(inner), Some(Value::U32(1)));
    let is_still = matches!(animations.map(inner), Some(Value::Bool(false)));
    Taste {
        appearance: if is_light { Appearance::Light } else { Appearance::Dark },
        reduced_motion: wants_still || is_still,
    }
}

/// The portal packs its values twice.
fn inner(value: &OwnedValue) -> &Value<'_> {
    let mut value: &Value<'_> = value;
    while let Value::Value(packed) = value {
        value = packed;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(value: Value<'_>) -> Option<OwnedValue> {
        Value::Value(Box::new(value)).try_to_owned().ok()
    }

    #[test]
    fn what_the_portal_says_counts_and_silence_is_dark_with_motion() {
        assert_eq!(taste(None, None, None), Taste::default());
        let light =
            taste(value(Value::U32(2)).as_ref(), value(Value::U32(0)).as_ref(), value(Value::Bool(true)).as_ref());
        assert_eq!(light, Taste { appearance: Appearance::Light, reduced_motion: false });
        assert!(taste(None, value(Value::U32(1)).as_ref(), None).reduced_motion);
        assert!(taste(None, None, value(Value::Bool(false)).as_ref()).reduced_motion);
        assert_eq!(taste(value(Value::U32(1)).as_ref(), None, None).appearance, Appearance::Dark);
    }
}

use std::time::Instant;
use tawk_core::Result;
use tawk_core::hotkey::Hotkey;
use tawk_core::ports::{Hotkeys, KeyEdge, Registration};
pub(crate) struct SystemHotkeys;
impl SystemHotkeys { pub(crate) fn new() -> Self { Self } }
impl Hotkeys for SystemHotkeys {
    fn register(&self, _: &Hotkey, _: Box<dyn Fn(KeyEdge, Instant) + Send + Sync>) -> Result<Box<dyn Registration>> { Err(tawk_core::Error::new(tawk_core::ErrorKind::Unsupported, "Not written yet.")) }
}

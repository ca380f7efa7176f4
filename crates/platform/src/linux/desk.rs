use tawk_core::Result;
use tawk_core::ports::{Desk, DeskEvent, Registration};
pub(crate) struct SystemDesk;
impl SystemDesk { pub(crate) fn new() -> Self { Self } }
impl Desk for SystemDesk {
    fn watch(&self, _listener: Box<dyn Fn(DeskEvent) + Send + Sync>) -> Result<Box<dyn Registration>> { Err(tawk_core::Error::new(tawk_core::ErrorKind::Unsupported, "Not written yet.")) }
}

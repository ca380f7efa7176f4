use tawk_core::Result;
use tawk_core::ports::{Typist, Typists};
pub(crate) struct SystemTypists;
impl SystemTypists { pub(crate) fn new() -> Self { Self } }
impl Typists for SystemTypists {
    fn open(&self) -> Result<Box<dyn Typist>> { Err(tawk_core::Error::new(tawk_core::ErrorKind::Unsupported, "Not written yet.")) }
}

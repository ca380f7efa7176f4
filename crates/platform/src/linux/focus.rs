use tawk_core::Result;
use tawk_core::ports::{Focus, Target};
pub(crate) struct SystemFocus;
impl SystemFocus { pub(crate) fn new() -> Self { Self } }
impl Focus for SystemFocus {
    fn current(&self) -> Result<Option<Target>> { Err(tawk_core::Error::new(tawk_core::ErrorKind::Unsupported, "Not written yet.")) }
    fn secure_input(&self) -> bool { false }
}

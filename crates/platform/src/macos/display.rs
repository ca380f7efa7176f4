//! What cannot work in this session.

use tawk_core::Error;

/// Nothing: every macOS session has what Tawk needs.
pub fn limitation() -> Option<Error> {
    None
}

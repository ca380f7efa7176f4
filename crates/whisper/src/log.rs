//! What whisper.cpp and ggml have to say, as `tracing` events of the target `whisper`.
//!
//! Their own default is stderr. Their debug level prints prompts and tokens, that is: what the user said. It is
//! dropped here, whatever level Tawk logs at.

use std::ffi::{CStr, c_char, c_void};
use std::sync::Once;

use whisper_rs::whisper_rs_sys as sys;

/// Makes whisper.cpp and ggml log through `tracing`. Cheap to call again.
pub(crate) fn install() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        #[allow(unsafe_code)]
        // SAFETY: the callback is a function without state that lives as long as the program; whisper_log_set hands it
        // to ggml too.
        unsafe {
            sys::whisper_log_set(Some(forward), std::ptr::null_mut());
        }
    });
}

/// Takes one piece of a log line.
#[allow(unsafe_code)]
unsafe extern "C" fn forward(level: sys::ggml_log_level, text: *const c_char, _: *mut c_void) {
    // What continues a line (`CONT`) has no level of its own and might continue a debug line.
    if text.is_null() || !is_kept(level) {
        return;
    }
    // SAFETY: ggml passes a string that ends with NUL and outlives the call.
    let text = unsafe { CStr::from_ptr(text) }.to_string_lossy();
    let line = text.trim();
    if line.is_empty() {
        return;
    }
    match level {
        sys::ggml_log_level_GGML_LOG_LEVEL_ERROR => tracing::error!(target: "whisper", "{line}"),
        sys::ggml_log_level_GGML_LOG_LEVEL_WARN => tracing::warn!(target: "whisper", "{line}"),
        _ => tracing::debug!(target: "whisper", "{line}"),
    }
}

fn is_kept(level: sys::ggml_log_level) -> bool {
    matches!(
        level,
        sys::ggml_log_level_GGML_LOG_LEVEL_INFO
            | sys::ggml_log_level_GGML_LOG_LEVEL_WARN
            | sys::ggml_log_level_GGML_LOG_LEVEL_ERROR
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_never_kept() {
        assert!(!is_kept(sys::ggml_log_level_GGML_LOG_LEVEL_DEBUG));
        assert!(!is_kept(sys::ggml_log_level_GGML_LOG_LEVEL_CONT));
        assert!(!is_kept(sys::ggml_log_level_GGML_LOG_LEVEL_NONE));
        assert!(is_kept(sys::ggml_log_level_GGML_LOG_LEVEL_ERROR));
    }
}

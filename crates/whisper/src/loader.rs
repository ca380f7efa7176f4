//! Feeding a model file to whisper.cpp piece by piece, so that progress is true and memory holds the model once.

use std::ffi::c_void;
use std::io::{self, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use whisper_rs::whisper_rs_sys as sys;

/// So much is read between two reports of progress.
const PIECE: usize = 1 << 20;

/// A file on its way into whisper.cpp.
pub(crate) struct Loader<'a> {
    file: &'a mut dyn Read,
    length: u64,
    read: u64,
    progress: &'a mut dyn FnMut(f32),
    /// The file ended where more was expected; also how whisper.cpp learns that the last tensor is behind it.
    ended: bool,
    fault: Option<io::Error>,
}

impl<'a> Loader<'a> {
    pub(crate) fn new(file: &'a mut dyn Read, length: u64, progress: &'a mut dyn FnMut(f32)) -> Self {
        Self { file, length, read: 0, progress, ended: false, fault: None }
    }

    /// Calls `init` with the C struct through which whisper.cpp reads. `init` must not keep it.
    pub(crate) fn lend<T>(&mut self, init: impl FnOnce(*mut sys::whisper_model_loader) -> T) -> T {
        let mut raw = sys::whisper_model_loader {
            context: std::ptr::from_mut(self).cast(),
            read: Some(read),
            eof: Some(eof),
            close: Some(close),
        };
        init(&raw mut raw)
    }

    /// The error that reading met with, if any.
    pub(crate) fn fault(self) -> Option<io::Error> {
        self.fault
    }

    fn fill(&mut self, out: &mut [u8]) -> usize {
        let mut filled = 0;
        while filled < out.len() && !self.ended {
            let piece = out.len().min(filled + PIECE);
            match self.file.read(&mut out[filled..piece]) {
                Ok(0) => self.ended = true,
                Ok(count) => {
                    filled += count;
                    self.read += count as u64;
                    (self.progress)((self.read as f64 / self.length.max(1) as f64).min(1.0) as f32);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.fault = Some(error);
                    self.ended = true;
                }
            }
        }
        // Whatever whisper.cpp makes of the rest, it is not left uninitialised.
        out[filled..].fill(0);
        filled
    }
}

#[allow(unsafe_code)]
unsafe extern "C" fn read(context: *mut c_void, output: *mut c_void, size: usize) -> usize {
    if size == 0 || output.is_null() {
        return 0;
    }
    // SAFETY: `context` is the Loader of `lend`, which is alive and borrowed by nobody else while whisper.cpp reads.
    let loader = unsafe { &mut *context.cast::<Loader<'_>>() };
    // SAFETY: whisper.cpp passes `size` bytes that it owns. They may be uninitialised, so they are made zero first.
    let out = unsafe {
        std::ptr::write_bytes(output.cast::<u8>(), 0, size);
        std::slice::from_raw_parts_mut(output.cast::<u8>(), size)
    };
    // A panic of the progress callback must not cross C++.
    catch_unwind(AssertUnwindSafe(|| loader.fill(out))).unwrap_or_else(|_| {
        loader.ended = true;
        loader.fault = Some(io::Error::other("the progress callback failed"));
        0
    })
}

#[allow(unsafe_code)]
unsafe extern "C" fn eof(context: *mut c_void) -> bool {
    // SAFETY: as in `read`.
    unsafe { (*context.cast::<Loader<'_>>()).ended }
}

extern "C" fn close(_: *mut c_void) {}

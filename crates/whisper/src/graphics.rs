//! The graphics processor: whether whisper.cpp computes on it, and what must be said before it does.

use std::env;

/// Whether recognition runs on the graphics processor: of Macs, on those with Apple's chips. whisper.cpp's fast kernels need
/// what only these have (ggml-metal-device.m, `has_simdgroup_mm`: family Apple7); on the graphics processors of Intel Macs
/// the rest is slower than the processor, where it works at all.
pub(crate) const USED: bool = cfg!(all(feature = "metal", target_arch = "aarch64"));

/// What whisper.cpp looks at when it first meets the graphics processor.
const NO_RESIDENCY: &str = "GGML_METAL_NO_RESIDENCY";

/// Says what whisper.cpp reads from the environment. To be called at the beginning of a program, before it has a second
/// thread: another one might be reading variables.
///
/// From macOS 15 on whisper.cpp would have memory kept ready for the graphics processor, by a thread that from then on wakes
/// twice a second until the program ends, and that ends the program with a crash if a model is still loaded then
/// (ggml-metal-device.m, `ggml_metal_rsets_init` and `ggml_metal_rsets_free` of 1.8.3). Whoever has set the variable keeps it.
pub fn prepare() {
    if cfg!(feature = "metal") && env::var_os(NO_RESIDENCY).is_none() {
        #[allow(unsafe_code)]
        // SAFETY: there is no other thread yet, as is demanded above.
        unsafe {
            env::set_var(NO_RESIDENCY, "1");
        }
    }
}

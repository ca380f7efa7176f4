//! How much memory this program has used.

use nix::sys::resource::{UsageWho, getrusage};

/// The most memory that was resident at once since the start, in bytes. Linux counts in KiB.
pub fn peak_memory() -> Option<u64> {
    let usage = getrusage(UsageWho::RUSAGE_SELF).ok()?;
    u64::try_from(usage.max_rss()).ok().map(|kib| kib * 1024)
}

//! The log file: levels, rotation, no transcript.

use std::path::Path;

use tawk_core::settings::LogLevel;
use tawk_core::{Error, ErrorKind, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// How many days of log files are kept.
const DAYS: usize = 7;

/// Writes what is still buffered when dropped.
pub struct LogGuard(#[allow(dead_code, reason = "held for its drop")] WorkerGuard);

/// Starts writing `tawk.<date>.log` in `folder`, a file a day.
///
/// # Errors
/// `Storage` when the folder cannot be written to.
pub fn start_logging(folder: &Path, level: LogLevel) -> Result<LogGuard> {
    let file = Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("tawk")
        .filename_suffix("log")
        .max_log_files(DAYS)
        .build(folder)
        .map_err(|error| {
            Error::new(
                ErrorKind::Storage,
                format!("The log in {} cannot be written: {error}. Make the folder writable.", folder.display()),
            )
        })?;
    let (writer, guard) = tracing_appender::non_blocking(file);
    let filter = EnvFilter::new(match level {
        LogLevel::Error => "error",
        // A bus that goes away while somebody listens is nothing to tell, and zbus tells it.
        LogLevel::Warn => "warn,zbus=error",
        LogLevel::Info => "info,zbus=error",
        // Only Tawk's own: libraries may log what they are given.
        LogLevel::Debug => {
            "info,zbus=error,tawk_app=debug,tawk_platform=debug,tawk_store=debug,tawk_whisper=debug,tawk_desktop=debug"
        }
    });
    let started = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer).with_ansi(false).try_init();
    started.map_err(|error| Error::new(ErrorKind::Internal, format!("Logging is on already ({error}). Report it.")))?;
    Ok(LogGuard(guard))
}

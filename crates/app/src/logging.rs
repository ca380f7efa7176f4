//! The log file: levels, rotation, no transcript.

use std::path::Path;
use std::sync::OnceLock;

use tawk_core::settings::LogLevel;
use tawk_core::{Error, ErrorKind, Result};
use tracing_appender::non_blocking::WorkerGuard;
use tracing_appender::rolling::{Builder, Rotation};
use tracing_subscriber::EnvFilter;

/// How many days of log files are kept.
const DAYS: usize = 7;

/// Writes what is still buffered when dropped.
pub struct LogGuard(#[allow(dead_code, reason = "held for its drop")] WorkerGuard);

/// Sets the level of the log that was started; there is one a process.
static LEVEL: OnceLock<Box<dyn Fn(LogLevel) + Send + Sync>> = OnceLock::new();

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
    let log = tracing_subscriber::fmt().with_env_filter(filter(level)).with_writer(writer).with_ansi(false);
    let log = log.with_filter_reloading();
    let handle = log.reload_handle();
    log.try_init()
        .map_err(|error| Error::new(ErrorKind::Internal, format!("Logging is on already ({error}). Report it.")))?;
    // Fails only once the log has ended.
    let _ = LEVEL.set(Box::new(move |level| drop(handle.reload(filter(level)))));
    Ok(LogGuard(guard))
}

/// From now on so much is written to the log that was started, if one was.
pub(crate) fn set_level(level: LogLevel) {
    if let Some(set) = LEVEL.get() {
        set(level);
    }
}

fn filter(level: LogLevel) -> EnvFilter {
    EnvFilter::new(match level {
        LogLevel::Error => "error",
        // A bus that goes away while somebody listens is nothing to tell, and zbus tells it.
        LogLevel::Warn => "warn,zbus=error",
        LogLevel::Info => "info,zbus=error",
        // Only Tawk's own: libraries may log what they are given.
        LogLevel::Debug => {
            "info,zbus=error,tawk_app=debug,tawk_platform=debug,tawk_store=debug,tawk_whisper=debug,tawk_desktop=debug"
        }
    })
}

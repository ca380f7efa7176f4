//! The history for other programs and for reading.

use std::io::{self, Write};

use rusqlite::params;
use tawk_core::{Error, ErrorKind, Result};

use super::{COLUMNS, History, Remembered};

/// So many are in memory at a time.
const PAGE: u32 = 200;

/// How an export is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// A JSON object a line.
    JsonLines,
    /// The time, the app and the text, with an empty line between two.
    Text,
}

impl History {
    /// Writes all dictations to `out`, oldest first, and returns their number.
    ///
    /// # Errors
    /// `Storage` when the history cannot be read or `out` cannot be written.
    pub fn export(&self, format: Format, out: &mut dyn Write) -> Result<usize> {
        let mut count = 0;
        let mut after = 0;
        while self.file.exists() {
            let query = format!("SELECT {COLUMNS} FROM dictation WHERE id > ?1 ORDER BY id LIMIT ?2");
            let page = self.work(|connection| self.all(connection, &query, params![after, PAGE]))?;
            let Some(last) = page.last() else { break };
            after = last.id;
            count += page.len();
            page.iter().try_for_each(|one| write(one, format, out)).and_then(|()| out.flush()).map_err(|error| {
                let message = format!("The history cannot be written out: {error}. Make room, or give another file.");
                Error::new(ErrorKind::Storage, message)
            })?;
        }
        Ok(count)
    }
}

fn write(one: &Remembered, format: Format, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::JsonLines => {
            serde_json::to_writer(&mut *out, one)?;
            writeln!(out)
        }
        Format::Text => {
            let app = Some(one.dictation.app.as_str()).filter(|app| !app.is_empty());
            writeln!(out, "{}{}{}", one.local_time, if app.is_some() { "  " } else { "" }, app.unwrap_or_default())?;
            writeln!(out, "{}\n", one.dictation.text)
        }
    }
}

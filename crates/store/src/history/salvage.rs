//! What can still be read of a damaged history: each dictation whose own pages are whole. The search index is made anew.
//!
//! The file is read into memory and never written: it stays what it was. Nothing in it is trusted. A row counts only if each
//! of its values is of the kind that belongs there, and a number that cannot be one is brought within bounds.

use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, MAIN_DB, Row, params};

use super::shape;

/// SQLite's pages, as Tawk's files have had them always.
const PAGE: usize = 4096;

/// The kind of a page that holds the whole of the list of tables, at this place in the first page.
const KIND_AT: usize = 100;
const LEAF: u8 = 0x0d;

/// Where the first page tells the number of pages.
const PAGES_AT: usize = 28;

/// A history that is longer is not read, in bytes.
const LONGEST: u64 = 2_000_000_000;

/// So many numbers of dictations are tried one by one, the last first, when the rows cannot be gone through in order.
const MOST_TRIED: i64 = 20_000;

/// After so many numbers in a row that cannot be read there is nothing: no page holds as many dictations.
const MOST_FAILURES: u32 = 1_000;

/// The greatest number that a dictation can have, far beyond any that was given. A greater one would leave no numbers for the next.
const GREATEST_ID: i64 = 1 << 40;

/// The end of the year 9999, in ms since 1970.
const LATEST_MS: i64 = 253_402_300_799_999;

/// What a damaged history still holds.
#[derive(Default)]
pub(super) struct Salvage {
    dictations: BTreeMap<i64, Entry>,
    withheld: Vec<(i64, String, String)>,
    /// The greatest number that was ever given.
    last_id: i64,
}

/// A row of the table of dictations.
struct Entry {
    at_ms: i64,
    text: String,
    first_text: Option<String>,
    untyped: Option<String>,
    /// Fate, app, microphone, model, language, timing.
    words: [String; 6],
    length_ms: i64,
    audio: Option<String>,
    added_ms: i64,
}

impl Salvage {
    /// Reads the file `path` as far as the disk and the damage let.
    pub(super) fn of(path: &Path) -> Self {
        let Ok(bytes) = readable(path) else { return Self::default() };
        let as_it_is = Self::of_bytes(&bytes);
        // Its beginning tells where the tables are. Where that is damaged, the beginning of a new history may do as well.
        match with_new_beginning(bytes).filter(|_| as_it_is.dictations.is_empty()) {
            Some(bytes) => Self::of_bytes(&bytes),
            None => as_it_is,
        }
    }

    fn of_bytes(bytes: &[u8]) -> Self {
        open(bytes).map(|connection| Self::of_connection(&connection)).unwrap_or_default()
    }

    fn of_connection(connection: &Connection) -> Self {
        let last_id = connection
            .query_row("SELECT seq FROM sqlite_sequence WHERE name = 'dictation'", [], |row| row.get(0))
            .ok()
            .filter(|last| (0..=GREATEST_ID).contains(last))
            .unwrap_or(0);
        let mut salvage = Self { last_id, ..Self::default() };
        salvage.read_dictations(connection);
        salvage.read_withheld(connection);
        salvage
    }

    fn read_dictations(&mut self, connection: &Connection) {
        let select = |added: &str, rest: &str| {
            format!(
                "SELECT id, at_ms, text, first_text, untyped, fate, app, microphone, model, language, timing, length_ms, \
                 audio, {added} FROM dictation NOT INDEXED {rest}"
            )
        };
        // Version 1 did not have that column.
        let Some(added) = ["added_ms", "0"].into_iter().find(|added| connection.prepare(&select(added, "")).is_ok())
        else {
            return;
        };
        if each(connection, &select(added, "ORDER BY id"), |row| self.take(row)) {
            return;
        }
        each(connection, &select(added, "ORDER BY id DESC"), |row| self.take(row));
        // Between two damaged pages there may be whole ones.
        let greatest = self.dictations.keys().next_back().copied().unwrap_or(MOST_TRIED);
        let last = if self.last_id > 0 { self.last_id } else { greatest };
        let Ok(mut one) = connection.prepare(&select(added, "WHERE id = ?")) else { return };
        let mut failures = 0;
        for id in ((last - MOST_TRIED).max(0) + 1..=last).rev() {
            if failures > MOST_FAILURES {
                return;
            }
            if !self.dictations.contains_key(&id) {
                let tried = one.query_row([id], |row| {
                    self.take(row);
                    Ok(())
                });
                failures = match tried {
                    Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => 0,
                    Err(_) => failures + 1,
                };
            }
        }
    }

    fn take(&mut self, row: &Row<'_>) {
        if let Some((id, entry)) = entry_of(row) {
            self.dictations.entry(id).or_insert(entry);
        }
    }

    fn read_withheld(&mut self, connection: &Connection) {
        let mut found = BTreeMap::new();
        let mut take = |row: &Row<'_>| {
            let values = (integer(row, 0), integer(row, 1), text(row, 2), text(row, 3));
            if let (Some(number), Some(id), Some(text), Some(reason)) = values {
                found.insert(number, (id, text, reason));
            }
        };
        let select = "SELECT rowid, dictation, text, reason FROM withheld NOT INDEXED ORDER BY rowid";
        if !each(connection, select, &mut take) {
            each(connection, &format!("{select} DESC"), &mut take);
        }
        self.withheld = found.into_values().filter(|(id, ..)| self.dictations.contains_key(id)).collect();
    }

    /// Writes it into a new history and returns the number of dictations.
    pub(super) fn write(&self, connection: &Connection) -> rusqlite::Result<usize> {
        let mut count = 0;
        let mut insert = connection.prepare(
            "INSERT INTO dictation (id, at_ms, text, first_text, untyped, fate, app, microphone, model, language, timing,
                                    length_ms, audio, added_ms)
             VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        )?;
        for (id, entry) in &self.dictations {
            let [fate, app, microphone, model, language, timing] = &entry.words;
            count += insert.execute(params![
                id,
                entry.at_ms,
                entry.text,
                entry.first_text,
                entry.untyped,
                fate,
                app,
                microphone,
                model,
                language,
                timing,
                entry.length_ms,
                entry.audio,
                entry.added_ms
            ])?;
        }
        let mut insert = connection.prepare("INSERT INTO withheld (dictation, text, reason) VALUES (?, ?, ?)")?;
        for (id, text, reason) in &self.withheld {
            insert.execute(params![id, text, reason])?;
        }
        // The number of one that is lost is not given to another.
        connection.execute("UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = 'dictation'", [self.last_id])?;
        Ok(count)
    }
}

/// The file's bytes. Pages that the disk does not give are zeroes.
fn readable(path: &Path) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    if length > LONGEST {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    let mut bytes = vec![0; length as usize];
    for (number, page) in bytes.chunks_mut(PAGE).enumerate() {
        if file.read_exact_at(page, (number * PAGE) as u64).is_err() {
            page.fill(0);
        }
    }
    // A page that was cut is none, but the others can be read.
    bytes.resize(bytes.len().next_multiple_of(PAGE), 0);
    Ok(bytes)
}

fn open(bytes: &[u8]) -> rusqlite::Result<Connection> {
    let mut connection = Connection::open_in_memory()?;
    connection.deserialize_read_exact(MAIN_DB, bytes, bytes.len(), true)?;
    // A damaged file must not make SQLite do what the program did not ask for.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.execute_batch("PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY;")?;
    Ok(connection)
}

/// The bytes with the first page of a new history, whose tables begin at the same pages.
fn with_new_beginning(mut bytes: Vec<u8>) -> Option<Vec<u8>> {
    let pages = u32::try_from(bytes.len() / PAGE).ok()?;
    let mut new = Connection::open_in_memory().ok()?;
    shape::bring_up(&new).ok()?;
    let serialized = new.serialize(MAIN_DB).ok()?;
    let first = serialized.get(..PAGE).filter(|first| first[KIND_AT] == LEAF)?;
    bytes.get_mut(..PAGE)?.copy_from_slice(first);
    bytes[PAGES_AT..PAGES_AT + 4].copy_from_slice(&pages.to_be_bytes());
    Some(bytes)
}

/// Gives each row to `take`, as far as they can be read. Whether that was all.
fn each(connection: &Connection, query: &str, mut take: impl FnMut(&Row<'_>)) -> bool {
    let Ok(mut statement) = connection.prepare(query) else { return false };
    let Ok(mut rows) = statement.query([]) else { return false };
    loop {
        match rows.next() {
            Ok(Some(row)) => take(row),
            Ok(None) => return true,
            Err(_) => return false,
        }
    }
}

fn entry_of(row: &Row<'_>) -> Option<(i64, Entry)> {
    let id = integer(row, 0).filter(|id| (1..=GREATEST_ID).contains(id))?;
    let word = |column| text(row, column);
    let entry = Entry {
        at_ms: integer(row, 1)?.clamp(0, LATEST_MS),
        text: text(row, 2)?,
        first_text: optional(row, 3)?,
        untyped: optional(row, 4)?,
        words: [word(5)?, word(6)?, word(7)?, word(8)?, word(9)?, word(10)?],
        length_ms: integer(row, 11)?.max(0),
        audio: optional(row, 12)?,
        added_ms: integer(row, 13)?.clamp(0, LATEST_MS),
    };
    Some((id, entry))
}

fn integer(row: &Row<'_>, column: usize) -> Option<i64> {
    match row.get_ref(column).ok()? {
        ValueRef::Integer(number) => Some(number),
        _ => None,
    }
}

/// Text; bytes that the damage has changed are replaced.
fn text(row: &Row<'_>, column: usize) -> Option<String> {
    match row.get_ref(column).ok()? {
        ValueRef::Text(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        _ => None,
    }
}

/// Text or nothing; within, what it is.
fn optional(row: &Row<'_>, column: usize) -> Option<Option<String>> {
    match row.get_ref(column).ok()? {
        ValueRef::Null => Some(None),
        _ => text(row, column).map(Some),
    }
}

//! What was dictated: texts, when and where they went, and their recordings, in one SQLite file that only the user can
//! read.
//!
//! Nothing stays open between two pieces of work, so that the app and the command line can use it side by side.
//! Deleted text is overwritten in the file (`secure_delete`), and in the search index too.

mod adoption;
mod amendment;
mod clock;
mod dictation;
mod export;
mod file;
mod pruning;
mod salvage;
mod search;
mod shape;
mod strays;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use rusqlite::{Connection, OptionalExtension as _, Row, named_params, params};
use tawk_core::{Error, ErrorKind, Result};

pub use adoption::Earlier;
pub use dictation::{Dictation, RECOVERED, Remembered, TYPED, WithheldText};
pub use export::Format;
pub use pruning::Limits;

use crate::folders::Folders;
use crate::{disk, recording};
use clock::{Clock, Seen};
use file::{Fault, HistoryFile};
use strays::Strays;

/// The columns that [`History::read`] expects, in its order.
const COLUMNS: &str = "id, strftime('%Y-%m-%d %H:%M', at_ms / 1000.0, 'unixepoch', 'localtime'), at_ms, text, first_text, \
     untyped, fate, app, microphone, model, language, timing, length_ms, audio";

/// In the column `added_ms`: a dictation came into the history when it was spoken.
const SPOKEN: i64 = 0;

/// The history of dictations.
#[derive(Debug)]
pub struct History {
    file: HistoryFile,
    recordings: PathBuf,
    clock: Clock,
    strays: Strays,
    notice: Mutex<Option<Error>>,
}

impl History {
    /// The history of `folders`. Nothing is touched before something is asked of it.
    pub fn new(folders: &Folders) -> Self {
        Self {
            file: HistoryFile::at(folders.data.join("history.sqlite3")),
            recordings: folders.recordings.clone(),
            clock: Clock::at(folders.data.join("history-clock.json")),
            strays: Strays::at(folders.data.join("history-strays.json")),
            notice: Mutex::new(None),
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        self.file.path()
    }

    /// What the user should know of the work done so far: that a damaged history was set aside. Told once.
    pub fn notice(&self) -> Option<Error> {
        self.notice.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// Adds a dictation and returns its number.
    ///
    /// # Errors
    /// `Storage`.
    pub fn add(&self, dictation: &Dictation) -> Result<i64> {
        let known = self.clock.seen().map(Seen::floor);
        // The clock may be behind the time that is known. What is said now is not as old as it says.
        let added = known.filter(|&known| dictation.at_ms < known).unwrap_or(SPOKEN);
        self.work(|connection| Ok(insert(connection, dictation, added)?))
    }

    /// Tells where a dictation's recording lies: a file in the folder of recordings.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn set_audio(&self, id: i64, audio: &Path) -> Result<()> {
        self.work(|connection| {
            changed(id, connection.execute("UPDATE dictation SET audio = ? WHERE id = ?", params![name_of(audio), id])?)
        })
    }

    /// Puts another text in place of a dictation's, because `model` has recognised it again. The text that it had at first
    /// stays beside it.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn set_text(&self, id: i64, text: &str, model: &str) -> Result<()> {
        self.work(|connection| {
            let changes = connection.execute(
                "UPDATE dictation SET first_text = coalesce(first_text, text), text = ?, model = ? WHERE id = ?",
                params![text, model, id],
            )?;
            changed(id, changes)
        })
    }

    /// Dictations, newest first: `limit` at most, of those before number `before` if that is given.
    ///
    /// # Errors
    /// `Storage`.
    pub fn list(&self, before: Option<i64>, limit: u32) -> Result<Vec<Remembered>> {
        self.search("", before, limit)
    }

    /// Like [`History::list`], but only those whose text holds every word of `query`, each as a word or as a word's
    /// beginning. Case and accents do not matter. What has no words (punctuation, or a script without spaces) is
    /// looked for as it stands. An empty query finds everything.
    ///
    /// # Errors
    /// `Storage`.
    pub fn search(&self, query: &str, before: Option<i64>, limit: u32) -> Result<Vec<Remembered>> {
        if !self.file.exists() {
            return Ok(Vec::new());
        }
        let condition = search::condition(query);
        let before = before.unwrap_or(i64::MAX);
        self.work(|connection| {
            let query = format!(
                "SELECT {COLUMNS} FROM dictation WHERE id < ?1 AND {} ORDER BY id DESC LIMIT ?3",
                condition.sql
            );
            self.all(connection, &query, params![before, condition.value, limit])
        })
    }

    /// One dictation.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn show(&self, id: i64) -> Result<Remembered> {
        if !self.file.exists() {
            return Err(absent(id));
        }
        let found = self.work(|connection| {
            let query = format!("SELECT {COLUMNS} FROM dictation WHERE id = ?1");
            Ok(self.all(connection, &query, params![id])?.pop())
        });
        found?.ok_or_else(|| absent(id))
    }

    /// Where a dictation's recording is.
    ///
    /// # Errors
    /// `NotFound` for one that is not there or has no recording (any more), `Storage`.
    pub fn recording_of(&self, id: i64) -> Result<PathBuf> {
        self.show(id)?.dictation.audio.ok_or_else(|| {
            let message =
                format!("The recording of dictation {id} is not there any more. Choose one that has a recording.");
            Error::new(ErrorKind::NotFound, message)
        })
    }

    /// Deletes dictations and their recordings.
    ///
    /// # Errors
    /// `NotFound` when one is not there, and then none is deleted; `Storage`.
    pub fn delete(&self, ids: &[i64]) -> Result<()> {
        if let (false, Some(id)) = (self.file.exists(), ids.first()) {
            return Err(absent(*id));
        }
        let audio = self.work(|connection| {
            let mut audio = Vec::new();
            for id in ids {
                let name = connection
                    .query_row("SELECT audio FROM dictation WHERE id = ?", [id], |row| row.get::<_, Option<String>>(0))
                    .optional()?;
                audio.extend(self.recording(name.ok_or_else(|| Fault::Said(absent(*id)))?));
            }
            Ok(audio)
        })?;
        self.forget(ids, &audio)
    }

    /// Deletes all dictations, the recordings that were kept for them, and damaged histories that were set aside. Returns the
    /// number of dictations.
    ///
    /// # Errors
    /// `Storage`.
    pub fn delete_all(&self) -> Result<usize> {
        let mut count = 0;
        if self.file.exists() {
            let rows = self.work(|connection| {
                let mut rows = connection.prepare("SELECT id, audio FROM dictation")?;
                let rows = rows.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, Option<String>>(1)?)))?;
                Ok(rows.collect::<rusqlite::Result<Vec<_>>>()?)
            })?;
            count = rows.len();
            let (ids, names): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
            let audio: Vec<_> = names.into_iter().filter_map(|name| self.recording(name)).collect();
            self.forget(&ids, &audio)?;
            self.file.shrink()?;
        }
        for path in self.delivered().chain(self.file.set_aside_before()) {
            remove(&path)?;
        }
        if let Err(error) = self.note_strays(true) {
            tracing::warn!("recordings may be remembered although everything was deleted: {error}");
        }
        Ok(count)
    }

    /// The recordings first: if one cannot be removed, its dictation is still there to try again.
    fn forget(&self, ids: &[i64], audio: &[PathBuf]) -> Result<()> {
        for path in audio {
            remove(path)?;
        }
        self.work(|connection| {
            let mut delete = connection.prepare("DELETE FROM dictation WHERE id = ?")?;
            for id in ids {
                delete.execute([id])?;
            }
            Ok(())
        })
    }

    fn work<T>(&self, work: impl FnMut(&Connection) -> Result<T, Fault>) -> Result<T> {
        let (result, notice) = self.file.work(work);
        if notice.is_some() {
            if let Err(error) = self.strays.history_is_lost(self.stems()) {
                tracing::warn!("recordings of a damaged history may be passed over: {error}");
            }
            *self.notice.lock().unwrap_or_else(PoisonError::into_inner) = notice;
        }
        result
    }

    fn all(
        &self,
        connection: &Connection,
        query: &str,
        values: impl rusqlite::Params,
    ) -> Result<Vec<Remembered>, Fault> {
        let mut rows = connection.prepare(query)?;
        let mut found = rows.query_map(values, |row| self.read(row))?.collect::<rusqlite::Result<Vec<_>>>()?;
        let mut withheld =
            connection.prepare("SELECT text, reason FROM withheld WHERE dictation = ? ORDER BY rowid")?;
        for one in &mut found {
            let parts =
                withheld.query_map([one.id], |row| Ok(WithheldText { text: text(row, 0)?, reason: text(row, 1)? }))?;
            one.dictation.withheld = parts.collect::<rusqlite::Result<_>>()?;
        }
        Ok(found)
    }

    fn read(&self, row: &Row<'_>) -> rusqlite::Result<Remembered> {
        let optional =
            |column| Ok::<_, rusqlite::Error>(text(row, column)?).map(|text| (!text.is_empty()).then_some(text));
        Ok(Remembered {
            id: row.get(0)?,
            local_time: text(row, 1)?,
            first_text: optional(4)?,
            dictation: Dictation {
                at_ms: row.get(2)?,
                text: text(row, 3)?,
                untyped: optional(5)?,
                withheld: Vec::new(),
                fate: text(row, 6)?,
                app: text(row, 7)?,
                microphone: text(row, 8)?,
                model: text(row, 9)?,
                language: text(row, 10)?,
                // Numbers about a dictation are no reason to withhold it.
                timing: serde_json::from_str(&text(row, 11)?).unwrap_or_default(),
                length_ms: u64::try_from(row.get::<_, i64>(12)?).unwrap_or_default(),
                audio: self.recording(optional(13)?).filter(|path| path.is_file()),
            },
        })
    }

    /// The recording of that name, or what it is called by now: a crash may have come between its new name and the history's
    /// knowing of it. A name that leads elsewhere, as a damaged history may hold, is none.
    fn recording(&self, name: Option<String>) -> Option<PathBuf> {
        let name = name?;
        let plain = name.ends_with(".wav")
            && name.starts_with(|c: char| c.is_ascii_digit())
            && !name.contains(['/', '\\', '\0'])
            && !name.contains("..");
        let path = plain.then(|| self.recordings.join(&name))?;
        if path.is_file() {
            return Some(path);
        }
        let renamed = recording::stem_of(&name).into_iter().flat_map(recording::sealed_names);
        Some(renamed.map(|name| self.recordings.join(name)).find(|path| path.is_file()).unwrap_or(path))
    }
}

/// Its age counts from `added`, in ms since 1970, or from when it was spoken.
fn insert(connection: &Connection, dictation: &Dictation, added: i64) -> rusqlite::Result<i64> {
    let timing = serde_json::to_string(&dictation.timing).unwrap_or_else(|_| "{}".into());
    connection.execute(
        "INSERT INTO dictation (at_ms, text, untyped, fate, app, microphone, model, language, timing, length_ms, audio, added_ms)
         VALUES (:at_ms, :text, :untyped, :fate, :app, :microphone, :model, :language, :timing, :length_ms, :audio, :added)",
        named_params! {
            ":at_ms": dictation.at_ms,
            ":text": dictation.text,
            ":untyped": dictation.untyped,
            ":fate": dictation.fate,
            ":app": dictation.app,
            ":microphone": dictation.microphone,
            ":model": dictation.model,
            ":language": dictation.language,
            ":timing": timing,
            ":length_ms": i64::try_from(dictation.length_ms).unwrap_or(i64::MAX),
            ":audio": dictation.audio.as_deref().and_then(name_of),
            ":added": added,
        },
    )?;
    let id = connection.last_insert_rowid();
    insert_withheld(connection, id, &dictation.withheld)?;
    Ok(id)
}

fn insert_withheld(connection: &Connection, id: i64, withheld: &[WithheldText]) -> rusqlite::Result<()> {
    let mut insert = connection.prepare("INSERT INTO withheld (dictation, text, reason) VALUES (?, ?, ?)")?;
    withheld.iter().try_for_each(|part| insert.execute(params![id, part.text, part.reason]).map(drop))
}

/// Text as it stands; bytes that a damaged disk has changed are replaced, the rest can be read.
fn text(row: &Row<'_>, column: usize) -> rusqlite::Result<String> {
    use rusqlite::types::ValueRef;
    match row.get_ref(column)? {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Ok(String::from_utf8_lossy(bytes).into_owned()),
        ValueRef::Null => Ok(String::new()),
        _ => row.get(column),
    }
}

fn name_of(path: &Path) -> Option<&str> {
    path.file_name()?.to_str()
}

fn changed(id: i64, rows: usize) -> Result<(), Fault> {
    if rows == 0 { Err(Fault::Said(absent(id))) } else { Ok(()) }
}

fn absent(id: i64) -> Error {
    let message = format!("There is no dictation {id} in the history. “tawk history list” shows which there are.");
    Error::new(ErrorKind::NotFound, message)
}

/// Removes a file; one that is gone already is no error.
fn remove(path: &Path) -> Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(disk::trouble("remove", path, &error)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod damage;
#[cfg(test)]
mod tests;

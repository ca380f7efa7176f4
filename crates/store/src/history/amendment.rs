//! What the history learns late: a dictation that was recovered from its journal, and what became of one whose cancelling was
//! undone.

use std::time::{Duration, SystemTime};

use rusqlite::{Connection, OptionalExtension as _, named_params, params};
use tawk_core::Result;

use super::clock::{Seen, milliseconds};
use super::{Dictation, History, changed, insert, insert_withheld, name_of};
use crate::recording::stem_of;

/// The history and the journal each take the time at which a dictation begins; on a busy machine they differ by so much at the
/// most.
const SAME_START: Duration = Duration::from_secs(1);

impl History {
    /// Adds a dictation that was recovered from its journal and returns its number. Its age counts from `now`, not from when
    /// it was spoken: what was just recovered stays as long as anything else.
    ///
    /// None is added twice: one whose recording has the same name up to its fate, or that began at the same moment and has no
    /// recording, is the same. It gets the recording, and the text if it has none.
    ///
    /// # Errors
    /// `Storage`.
    pub fn add_recovered(&self, dictation: &Dictation, now: SystemTime) -> Result<i64> {
        let known = self.clock.seen().map_or(i64::MIN, Seen::floor);
        let added = milliseconds(now).max(known);
        let audio = dictation.audio.as_deref().and_then(name_of);
        self.work(|connection| {
            let id = match same(connection, audio, dictation.at_ms)? {
                None => insert(connection, dictation, added)?,
                Some((id, has_text)) => {
                    connection.execute("UPDATE dictation SET audio = ? WHERE id = ?", params![audio, id])?;
                    if !has_text {
                        connection.execute(
                            "UPDATE dictation SET text = ?, fate = ?, model = ? WHERE id = ?",
                            params![dictation.text, dictation.fate, dictation.model, id],
                        )?;
                        replace_withheld(connection, id, dictation)?;
                    }
                    id
                }
            };
            connection.execute("UPDATE dictation SET added_ms = ? WHERE id = ?", params![added, id])?;
            Ok(id)
        })
    }

    /// Puts what became of a dictation in the end in place of what was known of it when it was cancelled: the text, what of it
    /// was not typed, what was withheld, the fate, the app.
    ///
    /// # Errors
    /// `NotFound`, `Storage`.
    pub fn complete(&self, id: i64, dictation: &Dictation) -> Result<()> {
        self.work(|connection| {
            let changes = connection.execute(
                "UPDATE dictation SET text = :text, untyped = :untyped, fate = :fate, app = :app WHERE id = :id",
                named_params! {
                    ":text": dictation.text,
                    ":untyped": dictation.untyped,
                    ":fate": dictation.fate,
                    ":app": dictation.app,
                    ":id": id,
                },
            )?;
            changed(id, changes)?;
            Ok(replace_withheld(connection, id, dictation)?)
        })
    }
}

/// The dictation whose recording has this name or had, or that began at this moment and has none; and whether it has a text.
fn same(connection: &Connection, audio: Option<&str>, at_ms: i64) -> rusqlite::Result<Option<(i64, bool)>> {
    let stem = audio.and_then(stem_of).unwrap_or_default();
    let query = "SELECT id, text <> '' FROM dictation
                 WHERE (audio IS NOT NULL AND ?1 <> '' AND substr(audio, 1, length(?1) + 1) = ?1 || '-')
                    OR (audio IS NULL AND abs(at_ms - ?2) <= ?3)
                 ORDER BY audio IS NULL, abs(at_ms - ?2) LIMIT 1";
    let within = SAME_START.as_millis() as i64;
    connection.query_row(query, params![stem, at_ms, within], |row| Ok((row.get(0)?, row.get(1)?))).optional()
}

fn replace_withheld(connection: &Connection, id: i64, dictation: &Dictation) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM withheld WHERE dictation = ?", [id])?;
    insert_withheld(connection, id, &dictation.withheld)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::time::UNIX_EPOCH;

    use super::super::tests::{Home, said};
    use super::super::{Limits, RECOVERED, WithheldText};
    use super::*;

    const AT: i64 = 1_700_000_000_000;
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn recovered(home: &Home, text: &str, name: &str) -> Dictation {
        let audio = Some(home.folders.recordings.join(name));
        let withheld = vec![WithheldText { text: "Bye.".into(), reason: "no-speech".into() }];
        Dictation { text: text.into(), fate: RECOVERED.into(), audio, withheld, ..said(text) }
    }

    fn at(ms: i64) -> SystemTime {
        UNIX_EPOCH + Duration::from_millis(ms as u64)
    }

    #[test]
    fn what_is_recovered_twice_is_there_once() {
        let home = Home::new();
        let dictation = recovered(&home, "One.", "20231114T221320.000Z-held.wav");
        let id = home.history.add_recovered(&dictation, at(AT)).unwrap();
        assert_eq!(home.history.add_recovered(&dictation, at(AT)).unwrap(), id);
        let again = recovered(&home, "Two.", "20231114T221320.000Z-nothing-heard.wav");
        assert_eq!(home.history.add_recovered(&again, at(AT)).unwrap(), id, "the same, whatever became of it");
        let found = home.history.list(None, 9).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].dictation.text.as_str(), found[0].dictation.at_ms), ("One.", AT));
        assert_eq!((found[0].dictation.fate.as_str(), found[0].dictation.withheld.len()), (RECOVERED, 1));
        let other = recovered(&home, "Three.", "20231114T221320.000Z.2-held.wav");
        assert_ne!(home.history.add_recovered(&other, at(AT)).unwrap(), id, "of the same millisecond and yet another");
    }

    #[test]
    fn one_that_was_remembered_before_the_crash_gets_its_recording() {
        let home = Home::new();
        let typed = home.say("Typed.");
        let mut dictation = recovered(&home, "Recognised again.", "20231114T221320.250Z-held.wav");
        dictation.at_ms += 250;
        fs::write(dictation.audio.as_ref().unwrap(), "sound").unwrap();
        assert_eq!(home.history.add_recovered(&dictation, at(AT)).unwrap(), typed);
        let shown = home.history.show(typed).unwrap().dictation;
        assert_eq!((shown.text.as_str(), shown.fate.as_str(), &shown.audio), ("Typed.", "typed", &dictation.audio));
        // One that began seconds later is another.
        dictation = recovered(&home, "Later.", "20231114T221325.000Z-held.wav");
        dictation.at_ms += 5_000;
        assert_ne!(home.history.add_recovered(&dictation, at(AT)).unwrap(), typed);
    }

    #[test]
    fn an_empty_one_gets_the_text() {
        let home = Home::new();
        let name = "20231114T221320.000Z-held.wav";
        let id = home.history.add_recovered(&recovered(&home, "", name), at(AT)).unwrap();
        home.history.add_recovered(&recovered(&home, "Now.", name), at(AT)).unwrap();
        assert_eq!(home.history.show(id).unwrap().dictation.text, "Now.");
        assert_eq!(home.history.search("now", None, 9).unwrap().len(), 1);
    }

    #[test]
    fn the_age_of_what_was_recovered_counts_from_then() {
        let home = Home::new();
        let limits = Limits { days: 30, count: 0, megabytes: 0 };
        let spoken_long_ago = recovered(&home, "Old.", "20231114T221320.000Z-held.wav");
        home.history.add_recovered(&spoken_long_ago, at(AT) + DAY * 40).unwrap();
        assert_eq!(home.history.prune(limits, at(AT) + DAY * 69).unwrap(), 0);
        assert_eq!(home.history.prune(limits, at(AT) + DAY * 71).unwrap(), 1);
    }

    #[test]
    fn a_dictation_whose_cancelling_was_undone_is_completed() {
        let home = Home::new();
        let cancelled =
            Dictation { fate: "cancelled".into(), withheld: recovered(&home, "", "x").withheld, ..said("") };
        let id = home.history.add(&cancelled).unwrap();
        let typed = Dictation { app: "Notes".into(), untyped: Some("After all.".into()), ..said("Typed after all.") };
        home.history.complete(id, &typed).unwrap();
        let shown = home.history.show(id).unwrap().dictation;
        assert_eq!(shown, typed);
        assert_eq!(home.history.search("after", None, 9).unwrap().len(), 1);
        assert_eq!(home.history.complete(id + 1, &typed).unwrap_err().kind, tawk_core::ErrorKind::NotFound);
    }
}

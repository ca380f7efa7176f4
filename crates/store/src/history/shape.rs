//! The shape of the history's tables, from version to version.

use rusqlite::Connection;

use super::file::Fault;

/// What makes each version of the one before; the first makes it of an empty file.
const MIGRATIONS: [&str; 2] = [include_str!("v1.sql"), include_str!("v2.sql")];

/// SQLite's application id of a history of version 0: "Taw" and a zero. The version is added, so that a damaged
/// `user_version` is not taken for a newer Tawk's.
const APPLICATION: i64 = 0x5461_7700;

/// Brings an empty or older history to the present shape, inside the transaction that is open.
pub(super) fn bring_up(connection: &Connection) -> Result<(), Fault> {
    migrate(connection, &MIGRATIONS)
}

fn migrate(connection: &Connection, migrations: &[&str]) -> Result<(), Fault> {
    let latest = migrations.len();
    let number = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (version, application) = (number("user_version")?, number("application_id")?);
    let tables = connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get::<_, i64>(0))?;
    let is_new = (version, application, tables) == (0, 0, 0);
    if !is_new && (version < 1 || application != APPLICATION + version) {
        return Err(Fault::Damaged);
    }
    let version = usize::try_from(version).map_err(|_| Fault::Damaged)?;
    if version > latest {
        return Err(Fault::Newer);
    }
    if !is_new && (schema(connection)? != expected(&migrations[..version])? || !is_whole(connection)?) {
        return Err(Fault::Damaged);
    }
    for (step, migration) in migrations.iter().enumerate().skip(version) {
        let after = step as i64 + 1;
        connection.execute_batch(migration)?;
        connection.execute_batch(&format!(
            "PRAGMA user_version = {after}; PRAGMA application_id = {}",
            APPLICATION + after
        ))?;
    }
    Ok(())
}

fn is_whole(connection: &Connection) -> Result<bool, Fault> {
    // A table's pages, types and the search index; milliseconds for thousands of dictations.
    let answer: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(answer == "ok")
}

/// Everything that the migrations make, by kind, name and definition.
fn schema(connection: &Connection) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let mut rows = connection.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?;
    rows.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?.collect()
}

fn expected(migrations: &[&str]) -> rusqlite::Result<Vec<(String, String, Option<String>)>> {
    let fresh = Connection::open_in_memory()?;
    for migration in migrations {
        fresh.execute_batch(migration)?;
    }
    schema(&fresh)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A history as version 1 wrote it, as SQL. Never changed.
    const SAMPLE_V1: &str = include_str!("v1-sample.sql");

    fn texts(connection: &Connection) -> Vec<String> {
        let mut rows = connection.prepare("SELECT text FROM dictation ORDER BY id").unwrap();
        rows.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    }

    fn sample() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch(MIGRATIONS[0]).unwrap();
        connection.execute_batch(SAMPLE_V1).unwrap();
        connection
    }

    #[test]
    fn a_history_of_version_1_is_read_by_the_present_one() {
        let connection = sample();
        bring_up(&connection).unwrap();
        assert_eq!(texts(&connection), ["The quick brown fox.", "Grüße aus Zürich."]);
        let found = "SELECT rowid FROM words WHERE words MATCH '\"zuri\"*'";
        assert_eq!(connection.query_row(found, [], |row| row.get::<_, i64>(0)).unwrap(), 2);
    }

    #[test]
    fn each_version_is_made_of_the_one_before() {
        let mood = "ALTER TABLE dictation ADD COLUMN mood TEXT NOT NULL DEFAULT 'calm';";
        let later = [&MIGRATIONS[..], &[mood]].concat();
        let connection = sample();
        migrate(&connection, &later).unwrap();
        migrate(&connection, &later).unwrap();
        assert_eq!(texts(&connection).len(), 2);
        let mood: String = connection.query_row("SELECT mood FROM dictation LIMIT 1", [], |row| row.get(0)).unwrap();
        assert_eq!(mood, "calm");
        assert!(matches!(bring_up(&connection), Err(Fault::Newer)), "an older Tawk must leave it alone");
    }

    #[test]
    fn a_file_of_something_else_is_not_taken_for_a_history() {
        let foreign = Connection::open_in_memory().unwrap();
        foreign.execute_batch("CREATE TABLE t (x)").unwrap();
        assert!(matches!(bring_up(&foreign), Err(Fault::Damaged)));
        for spoilt in ["PRAGMA user_version = 3", "PRAGMA user_version = 0", "PRAGMA application_id = 1"] {
            let connection = sample();
            connection.execute_batch(spoilt).unwrap();
            assert!(matches!(bring_up(&connection), Err(Fault::Damaged)), "{spoilt}");
        }
    }
}

-- The first shape of the history. Never changed: what comes later is a migration of its own.

-- AUTOINCREMENT: the number of a deleted dictation is never given to another.
CREATE TABLE dictation (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    text TEXT NOT NULL,
    first_text TEXT,
    untyped TEXT,
    fate TEXT NOT NULL,
    app TEXT NOT NULL,
    microphone TEXT NOT NULL,
    model TEXT NOT NULL,
    language TEXT NOT NULL,
    timing TEXT NOT NULL,
    length_ms INTEGER NOT NULL,
    audio TEXT
) STRICT;

CREATE TABLE withheld (
    dictation INTEGER NOT NULL REFERENCES dictation (id) ON DELETE CASCADE,
    text TEXT NOT NULL,
    reason TEXT NOT NULL
) STRICT;

CREATE INDEX withheld_by_dictation ON withheld (dictation);

CREATE VIRTUAL TABLE words USING fts5 (
    text, content = 'dictation', content_rowid = 'id', tokenize = 'unicode61 remove_diacritics 2', prefix = '2 3'
);

-- Deleted words leave the index at once, not at some later merge.
INSERT INTO words (words, rank) VALUES ('secure-delete', 1);

CREATE TRIGGER words_of_new AFTER INSERT ON dictation BEGIN
    INSERT INTO words (rowid, text) VALUES (new.id, new.text);
END;

CREATE TRIGGER words_of_deleted AFTER DELETE ON dictation BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
END;

CREATE TRIGGER words_of_changed AFTER UPDATE OF text ON dictation BEGIN
    INSERT INTO words (words, rowid, text) VALUES ('delete', old.id, old.text);
    INSERT INTO words (rowid, text) VALUES (new.id, new.text);
END;

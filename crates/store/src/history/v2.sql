-- Version 2: when a dictation came into the history. 0 for those of version 1, which came when they were spoken.
ALTER TABLE dictation ADD COLUMN added_ms INTEGER NOT NULL DEFAULT 0;

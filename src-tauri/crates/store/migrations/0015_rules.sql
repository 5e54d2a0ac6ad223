-- Which version of its sync rules is in force; 0: those of Basic mode, which nobody edits.
ALTER TABLE connection ADD COLUMN rules INTEGER NOT NULL DEFAULT 0;
-- The sync rules of Script mode: every version that was saved.
CREATE TABLE rules (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    -- 1, 2, 3 ... for each connection.
    version INTEGER NOT NULL,
    outgoing TEXT NOT NULL,
    incoming TEXT NOT NULL,
    -- ms since 1970
    saved_ms INTEGER NOT NULL,
    -- Who saved it, as the computer calls them; empty: nobody knows.
    saved_by TEXT NOT NULL,
    -- The earlier version that it brought back; NULL: it was written.
    brings_back INTEGER,
    PRIMARY KEY (connection, version)
) STRICT, WITHOUT ROWID;

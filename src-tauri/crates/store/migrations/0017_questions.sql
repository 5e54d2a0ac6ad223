-- Whether the partner's version understands questions; NULL: they have not said.
ALTER TABLE link ADD COLUMN partner_asks INTEGER;
-- Questions whether two issues that exist already become a pair, of both sides.
CREATE TABLE question (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    -- Drawn by the asker.
    id TEXT NOT NULL,
    -- ours, theirs
    asked_by TEXT NOT NULL,
    -- asked, refused, withdrawn (ours); arrived, open, agreed, declined (theirs)
    state TEXT NOT NULL,
    -- The tracker's id of our issue; NULL: nobody has looked yet.
    issue TEXT,
    ours TEXT NOT NULL,
    title TEXT NOT NULL,
    url TEXT NOT NULL,
    theirs TEXT NOT NULL,
    -- The rules of Script mode that said what of our issue leaves; NULL: those of Basic mode.
    rules INTEGER,
    reason TEXT NOT NULL,
    -- The partner was told how it stands.
    told INTEGER NOT NULL,
    -- ms since 1970
    at_ms INTEGER NOT NULL,
    -- As it travels: JSON.
    body TEXT NOT NULL,
    PRIMARY KEY (connection, id)
) STRICT, WITHOUT ROWID;

-- Fields that our tracker demands in new issues, as it described them last; and what our people chose for them.
CREATE TABLE asked_field (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    issue_type TEXT NOT NULL,
    field TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '{}',
    PRIMARY KEY (connection, issue_type, field)
) STRICT, WITHOUT ROWID;

CREATE TABLE choice (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    issue_type TEXT NOT NULL,
    field TEXT NOT NULL,
    -- NULL: for all synced issues of the type.
    pair INTEGER REFERENCES pair (id) ON DELETE CASCADE,
    value TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE UNIQUE INDEX choice_once ON choice (connection, issue_type, field, ifnull(pair, 0));
CREATE INDEX choice_pair ON choice (pair) WHERE pair IS NOT NULL;

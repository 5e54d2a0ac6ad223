-- The first schema. Times are ms since 1970 unless a column ends in _s. Enums are their serde words.
-- 'TwLn': tells our file from another program's.
PRAGMA application_id = 1417104494;

CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    node TEXT NOT NULL,
    incarnation TEXT NOT NULL
) STRICT;

CREATE TABLE setting (
    name TEXT PRIMARY KEY NOT NULL,
    value TEXT NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id TEXT PRIMARY KEY NOT NULL,
    site TEXT NOT NULL DEFAULT '',
    base_url TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '',
    user TEXT NOT NULL DEFAULT '',
    display_name TEXT NOT NULL DEFAULT '',
    projects INTEGER NOT NULL DEFAULT 0,
    signed_in INTEGER NOT NULL DEFAULT 0,
    since_ms INTEGER,
    checked_ms INTEGER
) STRICT;

CREATE TABLE seen (
    account TEXT NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    issue TEXT NOT NULL,
    fingerprint TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (account, issue)
) STRICT, WITHOUT ROWID;

CREATE TABLE connection (
    id TEXT PRIMARY KEY NOT NULL,
    role TEXT NOT NULL,
    mode TEXT NOT NULL,
    stage TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES account (id),
    project TEXT NOT NULL DEFAULT '',
    given_name TEXT,
    partner TEXT,
    address TEXT NOT NULL DEFAULT '',
    approval TEXT NOT NULL,
    filter TEXT,
    default_type TEXT,
    above INTEGER,
    existing INTEGER NOT NULL DEFAULT 0,
    paused INTEGER NOT NULL DEFAULT 0,
    partner_paused INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL DEFAULT 0,
    highest_number INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX connection_account ON connection (account);

CREATE TABLE link (
    connection TEXT PRIMARY KEY NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    our_key TEXT NOT NULL DEFAULT '',
    their_key TEXT,
    sent_seq INTEGER NOT NULL DEFAULT 0,
    sent_chain TEXT NOT NULL DEFAULT '',
    acked INTEGER NOT NULL DEFAULT 0,
    received_seq INTEGER NOT NULL DEFAULT 0,
    received_chain TEXT NOT NULL DEFAULT '',
    partner_incarnation TEXT,
    statement_generation INTEGER NOT NULL DEFAULT 0,
    partner_generation INTEGER NOT NULL DEFAULT 0,
    last_contact_ms INTEGER,
    partner_checked_ms INTEGER,
    partner_pending INTEGER NOT NULL DEFAULT 0,
    comparison TEXT,
    last_error TEXT
) STRICT;

-- Neither table refers to the connection: a used code stays used when its connection is gone.
CREATE TABLE invited (
    id TEXT PRIMARY KEY NOT NULL,
    connection TEXT NOT NULL,
    label TEXT NOT NULL DEFAULT '',
    expires_s INTEGER NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'open',
    used_key TEXT
) STRICT;
CREATE INDEX invited_connection ON invited (connection);
CREATE INDEX invited_open ON invited (state) WHERE state = 'open';

CREATE TABLE accepted (
    id TEXT PRIMARY KEY NOT NULL,
    connection TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is searched, listed and counted; the trees lie apart so that a list of 10,000 reads small rows only.
CREATE TABLE pair (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    origin_node TEXT NOT NULL,
    origin_item TEXT NOT NULL,
    issue_id TEXT,
    our_key TEXT,
    their_key TEXT,
    title TEXT NOT NULL DEFAULT '',
    search TEXT NOT NULL DEFAULT '',
    standing TEXT NOT NULL DEFAULT 'syncing',
    to_send INTEGER NOT NULL DEFAULT 0,
    to_do INTEGER NOT NULL DEFAULT 0,
    last_change_ms INTEGER,
    direction TEXT NOT NULL
) STRICT;
-- The connection comes last in both: the same index answers "on any connection".
CREATE UNIQUE INDEX pair_origin ON pair (origin_item, origin_node, connection);
CREATE UNIQUE INDEX pair_issue ON pair (issue_id, connection) WHERE issue_id IS NOT NULL;
CREATE INDEX pair_connection ON pair (connection);
CREATE INDEX pair_to_send ON pair (connection) WHERE to_send = 1;
CREATE INDEX pair_to_do ON pair (connection) WHERE to_do = 1;
CREATE INDEX pair_stopped ON pair (connection) WHERE standing = 'stopped';

CREATE TABLE pair_trees (
    pair INTEGER PRIMARY KEY REFERENCES pair (id) ON DELETE CASCADE,
    state TEXT NOT NULL
) STRICT;

CREATE TABLE intent (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    pair INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    write TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT 'sent',
    clean_probes INTEGER NOT NULL DEFAULT 0,
    created_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX intent_pair ON intent (pair);
CREATE INDEX intent_connection ON intent (connection, kind);

CREATE TABLE outbox (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    critical INTEGER NOT NULL DEFAULT 0,
    kind TEXT NOT NULL DEFAULT '',
    body BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (connection, seq)
) STRICT;

CREATE TABLE receipt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    body TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX receipt_connection ON receipt (connection);

CREATE TABLE inbox (
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    seq INTEGER NOT NULL,
    kind TEXT NOT NULL DEFAULT '',
    body BLOB NOT NULL DEFAULT x'',
    PRIMARY KEY (connection, seq)
) STRICT;

CREATE TABLE activity (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL DEFAULT 0,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    direction TEXT NOT NULL,
    kind TEXT NOT NULL,
    ours TEXT,
    theirs TEXT,
    message TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL DEFAULT '{}'
) STRICT;
CREATE INDEX activity_connection ON activity (connection);

CREATE TABLE problem (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    code TEXT NOT NULL,
    connection TEXT REFERENCES connection (id) ON DELETE CASCADE,
    pair INTEGER REFERENCES pair (id) ON DELETE CASCADE,
    subject TEXT NOT NULL DEFAULT '',
    issue TEXT,
    facts TEXT NOT NULL DEFAULT '{}',
    since_ms INTEGER NOT NULL DEFAULT 0,
    last_ms INTEGER NOT NULL DEFAULT 0,
    count INTEGER NOT NULL DEFAULT 1,
    skipped INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE UNIQUE INDEX problem_once ON problem (code, ifnull(connection, ''), ifnull(pair, 0), subject);
CREATE INDEX problem_connection ON problem (connection);
CREATE INDEX problem_pair ON problem (pair);

CREATE TABLE conflict (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    pair INTEGER NOT NULL REFERENCES pair (id) ON DELETE CASCADE,
    field TEXT NOT NULL DEFAULT '',
    at_ms INTEGER NOT NULL DEFAULT 0,
    winner TEXT NOT NULL,
    kept TEXT NOT NULL DEFAULT '',
    lost TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX conflict_connection ON conflict (connection);
CREATE INDEX conflict_pair ON conflict (pair);

CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY NOT NULL,
    size INTEGER NOT NULL DEFAULT 0,
    received INTEGER NOT NULL DEFAULT 0,
    complete INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE blob_want (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sha256 TEXT NOT NULL REFERENCES blob (sha256),
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    -- The attachment's origin: the same bytes may be attached twice, and each claim ends alone.
    claim TEXT NOT NULL,
    UNIQUE (sha256, connection, claim)
) STRICT;
CREATE INDEX blob_want_connection ON blob_want (connection);

CREATE TABLE blob_offer (
    sha256 TEXT NOT NULL REFERENCES blob (sha256),
    connection TEXT NOT NULL REFERENCES connection (id) ON DELETE CASCADE,
    claim TEXT NOT NULL,
    PRIMARY KEY (sha256, connection, claim)
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_offer_connection ON blob_offer (connection);

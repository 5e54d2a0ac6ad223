-- What the desktop was told, so that a restart repeats nothing: each fact, and of each kind the last time.
CREATE TABLE notified (
    fact TEXT PRIMARY KEY NOT NULL,
    at_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

CREATE TABLE notified_kind (
    kind TEXT PRIMARY KEY NOT NULL,
    at_ms INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;

-- What was so before nobody was told, and it is no news any more. Problems are not among it: they still need somebody.
INSERT INTO notified (fact) SELECT json_object('accepted', id) FROM connection WHERE stage <> 'invited';
INSERT INTO notified (fact) SELECT json_object('first_sync', id) FROM connection WHERE stage = 'connected';
INSERT INTO notified (fact) SELECT json_object('paused', id) FROM connection WHERE partner_paused = 1;
INSERT INTO notified (fact) SELECT json_object('left', id) FROM connection WHERE stage = 'ended';

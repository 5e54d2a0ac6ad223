-- Reconcile: digests of all pairs, numbering per pair of incarnations, one writing run, guards, settled conflicts.

-- Where the pair stands in the tree of digests (32 hexadecimal digits), and the hash of what both sides should know alike.
ALTER TABLE pair ADD COLUMN place TEXT NOT NULL DEFAULT '';
ALTER TABLE pair ADD COLUMN digest TEXT NOT NULL DEFAULT '';
-- A person waits for it: it goes before a first sync.
ALTER TABLE pair ADD COLUMN urgent INTEGER NOT NULL DEFAULT 0;
CREATE INDEX pair_place ON pair (connection, place, digest);
DROP INDEX pair_to_send;
DROP INDEX pair_to_do;
CREATE INDEX pair_to_send ON pair (connection, urgent DESC, id) WHERE to_send = 1;
CREATE INDEX pair_to_do ON pair (connection, urgent DESC, id) WHERE to_do = 1;

-- Ours on this connection; another one means that numbers begin anew.
ALTER TABLE link ADD COLUMN incarnation TEXT NOT NULL DEFAULT '';
ALTER TABLE link ADD COLUMN acked_chain TEXT NOT NULL DEFAULT '';
-- The two databases may differ: digests are compared as soon as nothing is on its way.
ALTER TABLE link ADD COLUMN reconciling INTEGER NOT NULL DEFAULT 0;
ALTER TABLE link ADD COLUMN compared_ms INTEGER;
ALTER TABLE link ADD COLUMN healed INTEGER NOT NULL DEFAULT 0;
-- Which run of the partner's node may write, and from which place it runs.
ALTER TABLE link ADD COLUMN holder_run TEXT;
ALTER TABLE link ADD COLUMN holder_place TEXT;
UPDATE link SET incarnation = (SELECT incarnation FROM meta);

ALTER TABLE outbox ADD COLUMN chain TEXT NOT NULL DEFAULT '';

-- A guard stopped the connection: the code of the problem.
ALTER TABLE connection ADD COLUMN held TEXT;
-- When all its issues were last looked at by id.
ALTER TABLE connection ADD COLUMN census_ms INTEGER;

-- A person used the record, or put it away.
ALTER TABLE conflict ADD COLUMN settled_ms INTEGER;
CREATE INDEX conflict_open ON conflict (connection) WHERE settled_ms IS NULL;

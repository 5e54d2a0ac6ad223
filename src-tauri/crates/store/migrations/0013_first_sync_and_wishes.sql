-- When everything that both sides were to take over at the beginning was taken over, ms since 1970; NULL: the first sync is on.
ALTER TABLE link ADD COLUMN first_synced_ms INTEGER;
-- Issues that the partner has not told us of yet, as they last said.
ALTER TABLE link ADD COLUMN partner_unsent INTEGER NOT NULL DEFAULT 0;
-- How often the partner looks at their tracker, ms; 0: they have not said.
ALTER TABLE link ADD COLUMN partner_interval_ms INTEGER NOT NULL DEFAULT 0;
-- Where both sides were once found to be equal, nobody waits for a first sync any more.
UPDATE link SET first_synced_ms = coalesce(compared_ms, 0) WHERE compared_ms IS NOT NULL OR healed > 0;
-- When a person asked to have the issue looked at now, ms since 1970; NULL: nobody did, or it was done.
ALTER TABLE pair ADD COLUMN wished_ms INTEGER;
CREATE INDEX pair_wished ON pair (connection) WHERE wished_ms IS NOT NULL;
-- A checksum over what an account is (see 0003): issues get their names from its site. NULL: an earlier version wrote the row.
ALTER TABLE account ADD COLUMN sum INTEGER;

-- What waits for a person: which the partner was told of, and which the partner told us of.
ALTER TABLE link ADD COLUMN partner_problems INTEGER NOT NULL DEFAULT 0;
ALTER TABLE pair ADD COLUMN told_stop TEXT;
ALTER TABLE pair ADD COLUMN partner_stop TEXT;

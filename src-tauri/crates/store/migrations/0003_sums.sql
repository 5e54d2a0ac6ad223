-- SQLite keeps no checksum of its pages: these find a changed letter in what is sent to the partner or written into the
-- tracker. NULL: an earlier version wrote the row.
ALTER TABLE pair_trees ADD COLUMN sum INTEGER;
ALTER TABLE intent ADD COLUMN sum INTEGER;
ALTER TABLE outbox ADD COLUMN sum INTEGER;
ALTER TABLE inbox ADD COLUMN sum INTEGER;

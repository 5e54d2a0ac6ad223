-- The tracker's own id of a site, which stays when the site is renamed. The name in `site` stays as well: the origins of all
-- that was synced are made of it.
ALTER TABLE account ADD COLUMN cloud TEXT;

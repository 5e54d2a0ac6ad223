-- How many issues are synced is asked all the time: those that are synced no longer are not among them.
CREATE INDEX pair_synced ON pair (connection) WHERE standing <> 'unlinked';
-- A site that was renamed goes by two names and one id.
CREATE INDEX account_site ON account (site, cloud);

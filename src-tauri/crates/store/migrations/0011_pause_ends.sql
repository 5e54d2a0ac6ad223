-- When a pause began and when it ends by itself, ms since 1970; both NULL: it lasts until somebody resumes, as every pause did
-- before.
ALTER TABLE connection ADD COLUMN paused_ms INTEGER;
ALTER TABLE connection ADD COLUMN resumes_ms INTEGER;

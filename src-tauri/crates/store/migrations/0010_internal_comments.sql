-- Whether the internal comments of our service project leave as well: what the wizard asked. What was connected before keeps
-- them at home.
ALTER TABLE connection ADD COLUMN internal_comments INTEGER NOT NULL DEFAULT 0;

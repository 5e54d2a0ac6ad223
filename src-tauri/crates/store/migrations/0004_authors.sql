-- A partner's comment is introduced by its author's name, unless the admin chose otherwise.
ALTER TABLE connection ADD COLUMN name_authors INTEGER NOT NULL DEFAULT 1;

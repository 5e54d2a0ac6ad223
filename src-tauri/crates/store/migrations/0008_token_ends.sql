-- The day on which an account's API token ends, as a person entered it (2027-03-01): the tracker does not tell it.
ALTER TABLE account ADD COLUMN token_ends TEXT;

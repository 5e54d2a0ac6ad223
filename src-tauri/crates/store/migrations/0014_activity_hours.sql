-- What crossed in the last hours is counted by time: without it, all that is kept of a connection would be read for that.
CREATE INDEX activity_hours ON activity (connection, at_ms, direction);

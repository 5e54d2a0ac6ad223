-- What crossed in the last hours is counted by clock hours: without it, all that is kept of a connection would be read for that.
CREATE INDEX activity_hours ON activity (connection, at_ms / 3600000, direction);

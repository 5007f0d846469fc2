-- How many of a message's tries found its agent unavailable: these are counted apart from the tries that
-- failed or were interrupted.
ALTER TABLE message ADD COLUMN unavailable INTEGER NOT NULL DEFAULT 0;

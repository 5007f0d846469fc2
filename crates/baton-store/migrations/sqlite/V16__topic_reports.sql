-- The topics that a platform reported, also those of people. `address` is the platform's id of the topic. `named_by` is
-- `platform` while the name is an invented one.
CREATE TABLE reported_topic (
    account INTEGER NOT NULL REFERENCES account,
    address TEXT NOT NULL,
    name TEXT,
    named_by TEXT,
    closed INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (account, address)
) STRICT, WITHOUT ROWID;

-- The name of the last topic that is gone, for the next one.
ALTER TABLE topic ADD COLUMN title TEXT;

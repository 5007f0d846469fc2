-- The id of this data, in one row. A copy of the file has the same id, and a new file another one.
CREATE TABLE data_id (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL
) STRICT;

INSERT INTO data_id VALUES (1, lower(hex(randomblob(16))));

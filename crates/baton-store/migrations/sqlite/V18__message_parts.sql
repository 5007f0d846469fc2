-- The further messages of a platform that were joined into one message, such as the photos of an album. An edit, a reply
-- or a reaction can name each of them.
CREATE TABLE message_part (
    account INTEGER NOT NULL REFERENCES account,
    id_space TEXT NOT NULL,
    external_id TEXT NOT NULL,
    message INTEGER NOT NULL REFERENCES message,
    PRIMARY KEY (account, id_space, external_id)
) STRICT, WITHOUT ROWID;

-- The messages that wait for their files. Each row goes in the commit that receives the message, so the table holds only
-- current work. `chat` is the present id of the chat. No number is used twice.
CREATE TABLE incomplete_message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account INTEGER NOT NULL REFERENCES account,
    chat TEXT NOT NULL,
    id_space TEXT NOT NULL,
    external_id TEXT NOT NULL,
    content TEXT NOT NULL,
    UNIQUE (account, id_space, external_id)
) STRICT;
CREATE INDEX incomplete_message_chat ON incomplete_message (account, chat, id);

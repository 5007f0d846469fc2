-- Some platforms number the messages of each chat separately. The id of such a message is unique in its chat only.
-- `id_space` names the chat; it is empty if the id is unique in the whole account.
CREATE TABLE message_with_id_space (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    place INTEGER NOT NULL,
    account INTEGER NOT NULL,
    id_space TEXT NOT NULL DEFAULT '',
    external_id TEXT NOT NULL,
    author TEXT NOT NULL,
    author_name TEXT NOT NULL,
    text TEXT NOT NULL,
    attachments TEXT,
    reply_to TEXT,
    reply_route TEXT,
    extra TEXT,
    priority INTEGER NOT NULL,
    at INTEGER NOT NULL,
    state TEXT NOT NULL,
    reason TEXT,
    attempts INTEGER NOT NULL DEFAULT 0,
    turn INTEGER,
    unavailable INTEGER NOT NULL DEFAULT 0,
    claims INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, id_space, external_id)
) STRICT;
INSERT INTO message_with_id_space
    (id, conversation, place, account, external_id, author, author_name, text, attachments, reply_to, reply_route,
     extra, priority, at, state, reason, attempts, turn, unavailable, claims)
SELECT id, conversation, place, account, external_id, author, author_name, text, attachments, reply_to, reply_route,
       extra, priority, at, state, reason, attempts, turn, unavailable, claims
FROM message;
DROP TABLE message;
ALTER TABLE message_with_id_space RENAME TO message;
CREATE INDEX message_waiting ON message (conversation, priority DESC, id) WHERE state = 'waiting';
CREATE INDEX message_running ON message (turn) WHERE state = 'running';
CREATE INDEX message_dead ON message (id) WHERE state = 'dead';
CREATE INDEX message_place ON message (place, id);
CREATE INDEX message_at ON message (at);
CREATE INDEX message_account ON message (account, id);

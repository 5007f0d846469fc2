-- The chats that have another id now. `new_id` is the id after all moves of the chat.
CREATE TABLE moved_chat (
    account INTEGER NOT NULL REFERENCES account,
    old_id TEXT NOT NULL,
    new_id TEXT NOT NULL,
    PRIMARY KEY (account, old_id)
) STRICT, WITHOUT ROWID;

-- A place that was set aside has the address of the place that moved there. `aside` is then its own number, and 0
-- otherwise. New messages go to no place that was set aside.
CREATE TABLE place_with_moves (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    address TEXT NOT NULL,
    aside INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, address, aside)
) STRICT;
INSERT INTO place_with_moves (id, account, address) SELECT id, account, address FROM place;
DROP TABLE place;
ALTER TABLE place_with_moves RENAME TO place;

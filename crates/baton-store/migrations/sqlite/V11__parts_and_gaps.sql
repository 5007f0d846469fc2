-- The messages of a delivery on the platform, stored before the first of them is sent. They go when the delivery is sent.
CREATE TABLE delivery_part (
    delivery INTEGER NOT NULL REFERENCES delivery,
    part INTEGER NOT NULL,
    content TEXT NOT NULL,
    sent INTEGER NOT NULL DEFAULT 0,
    platform_id TEXT,
    PRIMARY KEY (delivery, part)
) STRICT, WITHOUT ROWID;

-- The chats whose messages after a position were missed, and are not read yet.
CREATE TABLE gap (
    account INTEGER NOT NULL REFERENCES account,
    chat TEXT NOT NULL,
    after TEXT NOT NULL,
    PRIMARY KEY (account, chat)
) STRICT, WITHOUT ROWID;

-- One of our accounts on a platform.
CREATE TABLE account (
    id INTEGER PRIMARY KEY,
    channel TEXT NOT NULL,
    name TEXT NOT NULL,
    UNIQUE (channel, name)
) STRICT;

CREATE TABLE place (
    id INTEGER PRIMARY KEY,
    account INTEGER NOT NULL REFERENCES account,
    address TEXT NOT NULL,
    UNIQUE (account, address)
) STRICT;

CREATE TABLE conversation (
    id INTEGER PRIMARY KEY,
    place INTEGER NOT NULL REFERENCES place,
    persona TEXT NOT NULL,
    agent TEXT NOT NULL,
    mode TEXT NOT NULL,
    window_ms INTEGER NOT NULL,
    session TEXT,
    generation INTEGER NOT NULL DEFAULT 0,
    -- The model that people chose; NULL for the agent's own.
    model TEXT,
    -- What the turns of the session used; NULL where no agent counted.
    input_tokens INTEGER,
    output_tokens INTEGER,
    cost_micros INTEGER,
    duration_ms INTEGER,
    fence INTEGER NOT NULL DEFAULT 0,
    -- The turn that runs. That it is the only one is said by `turn_one_running`.
    running INTEGER,
    waiting INTEGER NOT NULL DEFAULT 0,
    -- The message that is claimed next, and its priority: the first of `message_waiting`.
    head INTEGER,
    head_priority INTEGER,
    -- Nothing is claimed before this (steady time), and since when that is so.
    held_until INTEGER,
    held_since INTEGER,
    UNIQUE (place, persona)
) STRICT;
CREATE INDEX conversation_ready ON conversation (agent, head_priority DESC, head)
    WHERE head IS NOT NULL AND running IS NULL AND held_until IS NULL;
-- A session is one conversation's.
CREATE UNIQUE INDEX conversation_session ON conversation (agent, session) WHERE session IS NOT NULL;
CREATE INDEX conversation_held ON conversation (held_until) WHERE held_until IS NOT NULL;

CREATE TABLE message (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    place INTEGER NOT NULL,
    account INTEGER NOT NULL,
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
    UNIQUE (account, external_id)
) STRICT;
CREATE INDEX message_waiting ON message (conversation, priority DESC, id) WHERE state = 'waiting';
CREATE INDEX message_running ON message (turn) WHERE state = 'running';
CREATE INDEX message_dead ON message (id) WHERE state = 'dead';
CREATE INDEX message_place ON message (place, id);
CREATE INDEX message_at ON message (at);

CREATE TABLE turn (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    agent TEXT NOT NULL,
    attempt INTEGER NOT NULL,
    fence INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    state TEXT NOT NULL,
    -- Held by a start of the program, or by an outside worker under a lease.
    epoch INTEGER,
    worker TEXT,
    lease_ms INTEGER,
    lease_until INTEGER,
    effects INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER NOT NULL,
    ended_at INTEGER,
    reason TEXT,
    usage TEXT
) STRICT;
CREATE UNIQUE INDEX turn_one_running ON turn (conversation) WHERE state = 'running';
CREATE INDEX turn_lease ON turn (lease_until) WHERE state = 'running' AND lease_until IS NOT NULL;

CREATE TABLE delivery (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    place INTEGER NOT NULL,
    account INTEGER NOT NULL,
    channel TEXT NOT NULL,
    message INTEGER,
    turn INTEGER,
    external_id TEXT,
    operation TEXT NOT NULL,
    text TEXT NOT NULL,
    extra TEXT,
    state TEXT NOT NULL,
    -- First of its conversation's line: the only one that may be sent.
    first INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    maybe_repeated INTEGER NOT NULL DEFAULT 0,
    held_until INTEGER,
    platform_id TEXT,
    reason TEXT,
    at INTEGER NOT NULL,
    -- Its place in the store's order as a post, and when: set when it is sent.
    posted INTEGER,
    posted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX delivery_one_sending ON delivery (conversation) WHERE state = 'sending';
CREATE INDEX delivery_line ON delivery (conversation, id)
    WHERE state IN ('waiting', 'sending', 'unknown');
CREATE INDEX delivery_ready ON delivery (channel, id)
    WHERE first = 1 AND held_until IS NULL AND state IN ('waiting', 'unknown');
CREATE INDEX delivery_held ON delivery (held_until) WHERE held_until IS NOT NULL;
CREATE INDEX delivery_dead ON delivery (id) WHERE state = 'dead';
CREATE UNIQUE INDEX delivery_external_id ON delivery (account, external_id)
    WHERE external_id IS NOT NULL;
-- A reply written outside a turn is shown once a message, however often it is written.
CREATE UNIQUE INDEX delivery_posted_reply ON delivery (message)
    WHERE turn IS NULL AND operation = 'reply' AND message IS NOT NULL;
CREATE INDEX delivery_message ON delivery (message);
CREATE UNIQUE INDEX delivery_posted ON delivery (posted) WHERE posted IS NOT NULL;
CREATE INDEX delivery_place ON delivery (place, posted) WHERE posted IS NOT NULL;
CREATE INDEX delivery_posted_at ON delivery (posted_at) WHERE posted IS NOT NULL;

CREATE TABLE topic (
    conversation INTEGER PRIMARY KEY REFERENCES conversation,
    state TEXT NOT NULL,
    fence INTEGER NOT NULL,
    lease_ms INTEGER NOT NULL,
    until INTEGER NOT NULL,
    platform_id TEXT
) STRICT;

CREATE TABLE approval (
    id INTEGER PRIMARY KEY,
    conversation INTEGER NOT NULL REFERENCES conversation,
    generation INTEGER NOT NULL,
    turn INTEGER NOT NULL REFERENCES turn,
    message INTEGER NOT NULL REFERENCES message,
    question TEXT NOT NULL,
    deciders TEXT NOT NULL,
    state TEXT NOT NULL,
    -- What it lets through for the rest of the session, once allowed for it.
    granted TEXT,
    answers TEXT,
    decided_by TEXT,
    decided_by_name TEXT,
    reason TEXT,
    -- Decided while its turn was cut off: the turn that asks the same again takes it.
    untaken INTEGER NOT NULL DEFAULT 0,
    within_ms INTEGER NOT NULL,
    until INTEGER NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_open ON approval (until) WHERE state = 'open';
CREATE INDEX approval_asking ON approval (turn) WHERE state = 'open';
CREATE INDEX approval_left ON approval (conversation) WHERE state = 'open' OR untaken = 1;
CREATE INDEX approval_granted ON approval (conversation, generation, granted)
    WHERE granted IS NOT NULL;
CREATE INDEX approval_turn ON approval (turn);

CREATE TABLE cursor (
    account INTEGER NOT NULL REFERENCES account,
    reader TEXT NOT NULL,
    position TEXT NOT NULL,
    PRIMARY KEY (account, reader)
) STRICT, WITHOUT ROWID;

-- What happened to a message or delivery that its own row cannot tell.
CREATE TABLE event (
    id INTEGER PRIMARY KEY,
    subject INTEGER NOT NULL,
    at INTEGER NOT NULL,
    what TEXT NOT NULL
) STRICT;
CREATE INDEX event_subject ON event (subject);

-- How often the program has taken this store over.
CREATE TABLE epoch (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    epoch INTEGER NOT NULL
) STRICT;
INSERT INTO epoch VALUES (1, 0);

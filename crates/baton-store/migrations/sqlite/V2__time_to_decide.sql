-- The time to decide a question begins when the platform has it: until then it has no end.
CREATE TABLE approval_with_its_time (
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
    -- When it is over by itself, in steady time and as people are shown; NULL until they can see it.
    until INTEGER,
    expires_at INTEGER,
    at INTEGER NOT NULL
) STRICT;
INSERT INTO approval_with_its_time
    (id, conversation, generation, turn, message, question, deciders, state, granted, answers,
     decided_by, decided_by_name, reason, untaken, within_ms, until, expires_at, at)
SELECT id, conversation, generation, turn, message, question, deciders, state, granted, answers,
       decided_by, decided_by_name, reason, untaken, within_ms, until, at + within_ms, at
FROM approval;
DROP TABLE approval;
ALTER TABLE approval_with_its_time RENAME TO approval;
CREATE INDEX approval_open ON approval (until) WHERE state = 'open';
CREATE INDEX approval_asking ON approval (turn) WHERE state = 'open';
CREATE INDEX approval_left ON approval (conversation) WHERE state = 'open' OR untaken = 1;
CREATE INDEX approval_granted ON approval (conversation, generation, granted)
    WHERE granted IS NOT NULL;
CREATE INDEX approval_turn ON approval (turn);

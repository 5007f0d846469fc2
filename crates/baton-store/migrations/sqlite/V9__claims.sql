-- How many turns of outside workers a message was given to, replayed or not: whether a request that names
-- no worker can only mean the last of them.
ALTER TABLE message ADD COLUMN claims INTEGER NOT NULL DEFAULT 0;
-- Who held them before is not known of all: whatever was tried counts. What is answered is claimed no more.
UPDATE message SET claims = attempts + (id IN (SELECT subject FROM event WHERE what LIKE 'was %, replayed by %'))
WHERE state <> 'answered';

-- How many messages and deliveries are in each state, and how many conversations there are: of each
-- place, and under the place 0 of all together. Kept by the commit that changes it, so that nobody
-- needs to count what was.
CREATE TABLE tally (
    place INTEGER PRIMARY KEY,
    -- Every message that was ever stored: the sum of those in each state.
    received INTEGER NOT NULL DEFAULT 0,
    message_waiting INTEGER NOT NULL DEFAULT 0,
    message_running INTEGER NOT NULL DEFAULT 0,
    message_answered INTEGER NOT NULL DEFAULT 0,
    message_dead INTEGER NOT NULL DEFAULT 0,
    message_refused INTEGER NOT NULL DEFAULT 0,
    message_withdrawn INTEGER NOT NULL DEFAULT 0,
    delivery_waiting INTEGER NOT NULL DEFAULT 0,
    delivery_sending INTEGER NOT NULL DEFAULT 0,
    delivery_sent INTEGER NOT NULL DEFAULT 0,
    delivery_unknown INTEGER NOT NULL DEFAULT 0,
    delivery_dead INTEGER NOT NULL DEFAULT 0,
    conversations INTEGER NOT NULL DEFAULT 0
) STRICT;

INSERT INTO tally (place, received, message_waiting, message_running, message_answered,
                   message_dead, message_refused, message_withdrawn)
SELECT place, count(*), sum(state = 'waiting'), sum(state = 'running'), sum(state = 'answered'),
       sum(state = 'dead'), sum(state = 'refused'), sum(state = 'withdrawn')
FROM message GROUP BY place;

INSERT INTO tally (place, delivery_waiting, delivery_sending, delivery_sent, delivery_unknown,
                   delivery_dead)
SELECT place, sum(state = 'waiting'), sum(state = 'sending'), sum(state = 'sent'),
       sum(state = 'unknown'), sum(state = 'dead')
FROM delivery WHERE TRUE GROUP BY place
ON CONFLICT (place) DO UPDATE SET
    delivery_waiting = excluded.delivery_waiting, delivery_sending = excluded.delivery_sending,
    delivery_sent = excluded.delivery_sent, delivery_unknown = excluded.delivery_unknown,
    delivery_dead = excluded.delivery_dead;

INSERT INTO tally (place, conversations)
SELECT place, count(*) FROM conversation WHERE TRUE GROUP BY place
ON CONFLICT (place) DO UPDATE SET conversations = excluded.conversations;

INSERT INTO tally
SELECT 0, coalesce(sum(received), 0), coalesce(sum(message_waiting), 0),
       coalesce(sum(message_running), 0), coalesce(sum(message_answered), 0),
       coalesce(sum(message_dead), 0), coalesce(sum(message_refused), 0),
       coalesce(sum(message_withdrawn), 0), coalesce(sum(delivery_waiting), 0),
       coalesce(sum(delivery_sending), 0), coalesce(sum(delivery_sent), 0),
       coalesce(sum(delivery_unknown), 0), coalesce(sum(delivery_dead), 0),
       coalesce(sum(conversations), 0)
FROM tally;

-- All posts of an account in order, so that a page of one does not read through those of another.
CREATE INDEX message_account ON message (account, id);
CREATE INDEX delivery_account ON delivery (account, posted) WHERE posted IS NOT NULL;

-- The topics that are being made, whose leases begin anew with each start.
CREATE INDEX topic_made ON topic (until) WHERE platform_id IS NULL;

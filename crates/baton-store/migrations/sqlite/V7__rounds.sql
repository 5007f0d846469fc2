-- Since when a conversation is in line for a turn, as a number of the store's order: who is served goes
-- to the end, so that turns go round. NULL where nothing waits.
ALTER TABLE conversation ADD COLUMN in_line_since INTEGER;
UPDATE conversation SET in_line_since = head WHERE head IS NOT NULL;
CREATE INDEX conversation_in_line ON conversation (agent, head_priority DESC, in_line_since)
    WHERE head IS NOT NULL AND running IS NULL AND held_until IS NULL;

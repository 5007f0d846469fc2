-- Whether people want no notification about the messages of the conversation.
ALTER TABLE conversation ADD COLUMN muted INTEGER NOT NULL DEFAULT 0;

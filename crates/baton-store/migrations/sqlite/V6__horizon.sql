-- What came before this in the store's order is not shown to the conversation's agent: a reset moves it.
ALTER TABLE conversation ADD COLUMN horizon INTEGER NOT NULL DEFAULT 0;

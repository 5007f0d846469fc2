-- What an agent or its server said when it failed, for operators alone; the reason beside it is for everybody.
ALTER TABLE turn ADD COLUMN detail TEXT;
ALTER TABLE event ADD COLUMN detail TEXT;

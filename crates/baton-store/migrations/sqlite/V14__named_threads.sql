-- Each topic of the conversation with a fence up to this one is gone from the platform.
ALTER TABLE topic ADD COLUMN gone_fence INTEGER NOT NULL DEFAULT 0;

CREATE INDEX topic_platform_id ON topic (platform_id) WHERE platform_id IS NOT NULL;

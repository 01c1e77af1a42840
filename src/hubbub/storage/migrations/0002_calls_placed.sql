-- Legs that are still being called have a place in the room; calls can be listed; a call says when its INVITE
-- left, who called, and by whom it was sent on.
ALTER TABLE calls ADD COLUMN placed_at_ms INTEGER;
ALTER TABLE calls ADD COLUMN caller_name TEXT;
ALTER TABLE calls ADD COLUMN forwarded_from TEXT;
ALTER TABLE participants ADD COLUMN pending INTEGER NOT NULL DEFAULT 0;

CREATE INDEX calls_by_account ON calls (account_id, created_at_ms, id);
CREATE INDEX calls_by_status ON calls (account_id, status, created_at_ms, id);
CREATE INDEX calls_by_to ON calls (account_id, to_address, created_at_ms, id);
CREATE INDEX calls_by_from ON calls (account_id, from_address, created_at_ms, id);
CREATE INDEX calls_by_parent ON calls (parent_id, created_at_ms, id) WHERE parent_id IS NOT NULL;
CREATE INDEX calls_by_conference ON calls (conference_id, created_at_ms, id) WHERE conference_id IS NOT NULL;

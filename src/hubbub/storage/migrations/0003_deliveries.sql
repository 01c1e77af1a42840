-- Who wants to hear of which facts, and what became of telling them.
CREATE TABLE subscriptions (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    subject_id TEXT NOT NULL,               -- a conference, a call or a recording
    dialect TEXT NOT NULL,
    purpose TEXT NOT NULL,
    kinds TEXT NOT NULL,                    -- a JSON array of event kinds
    target TEXT NOT NULL,                   -- JSON {url, method, username, sealed}
    fallback TEXT,
    timeout_s REAL,
    details TEXT NOT NULL,                  -- a JSON array of pairs
    next_sequence INTEGER NOT NULL DEFAULT 0,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX subscriptions_by_subject ON subscriptions (subject_id);

CREATE TABLE deliveries (
    id TEXT NOT NULL PRIMARY KEY,
    subscription_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    stream TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    token TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    leased_until_ms INTEGER,
    status INTEGER,
    error TEXT,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX deliveries_open ON deliveries (stream, event_number, id) WHERE state IN ('due', 'sending');
CREATE INDEX deliveries_by_account ON deliveries (account_id, event_number, id);

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
    created_at_ms INTEGER NOT NULL,
    details TEXT NOT NULL,                  -- a JSON array of pairs
    next_sequence INTEGER NOT NULL DEFAULT 0,
    ended INTEGER NOT NULL DEFAULT 0,       -- 1: it follows nothing more; kept for the deliveries it has
    queue INTEGER NOT NULL                  -- its deliveries' own
) STRICT;
CREATE INDEX subscriptions_by_subject ON subscriptions (subject_id, created_at_ms, id) WHERE ended = 0;

CREATE TABLE deliveries (
    number INTEGER NOT NULL PRIMARY KEY,    -- in the order of making
    id TEXT NOT NULL UNIQUE,
    subscription_id TEXT NOT NULL,
    account_id TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    stream TEXT NOT NULL,
    queue INTEGER NOT NULL,                 -- a stream towards one receiver: what is kept in order
    sequence INTEGER NOT NULL,
    token TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    due_at_ms INTEGER NOT NULL,
    leased_until_ms INTEGER,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    status INTEGER,
    error TEXT,
    leased_by TEXT                          -- the node that sends it, or was the last to
) STRICT;
CREATE INDEX deliveries_by_account ON deliveries (account_id, created_at_ms, id);
CREATE INDEX deliveries_by_stream ON deliveries (stream, created_at_ms, id);
-- Nearly all are delivered, so a list of others must not walk past them.
CREATE INDEX deliveries_undelivered ON deliveries (account_id, state, created_at_ms, id)
    WHERE state <> 'delivered';
CREATE INDEX deliveries_delivered ON deliveries (updated_at_ms) WHERE state = 'delivered';
CREATE INDEX deliveries_open ON deliveries (queue, event_number, number) WHERE state IN ('due', 'sending');

-- Queues with open deliveries, and the first one of each: the only one that may be sent. Kept in the
-- transactions that write deliveries, so that what is due is found without looking at what waits behind it.
CREATE TABLE delivery_queues (
    queue INTEGER NOT NULL PRIMARY KEY,
    delivery_id TEXT NOT NULL,
    event_number INTEGER NOT NULL,
    ready_at_ms INTEGER NOT NULL            -- when it is due, or its lease is over
) STRICT;
CREATE INDEX delivery_queues_ready ON delivery_queues (ready_at_ms, event_number, queue);

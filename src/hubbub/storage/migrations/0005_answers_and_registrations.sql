-- Answers kept under idempotency keys, and where SIP users can be reached.
CREATE TABLE kept_answers (
    account_id TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status INTEGER NOT NULL,
    content_type TEXT,
    headers TEXT NOT NULL,                  -- a JSON array of pairs
    body BLOB NOT NULL,
    kept_at_ms INTEGER NOT NULL,
    PRIMARY KEY (account_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX kept_answers_by_age ON kept_answers (kept_at_ms);

CREATE TABLE registrations (
    username TEXT NOT NULL,
    contact_uri TEXT NOT NULL,
    account_id TEXT NOT NULL,
    source TEXT NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    sip_call_id TEXT NOT NULL,
    cseq INTEGER NOT NULL,
    user_agent TEXT,
    PRIMARY KEY (username, contact_uri)
) STRICT, WITHOUT ROWID;

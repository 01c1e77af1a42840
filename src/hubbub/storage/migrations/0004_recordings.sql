-- Sound that is kept. The files lie beside the database, or in the object store of the settings.
CREATE TABLE recordings (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    conference_id TEXT,
    call_id TEXT,
    state TEXT NOT NULL,
    source TEXT NOT NULL,
    layout TEXT NOT NULL,
    format TEXT NOT NULL,
    track TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    started_at_ms INTEGER,
    ended_at_ms INTEGER,
    duration_ms INTEGER,
    trim_silence INTEGER NOT NULL,
    skips_pauses INTEGER NOT NULL,
    name TEXT,
    tag TEXT,
    why TEXT,
    size_bytes INTEGER,
    deleted_at_ms INTEGER,
    node TEXT
) STRICT;
CREATE INDEX recordings_by_account ON recordings (account_id, created_at_ms, id);
CREATE INDEX recordings_of_calls ON recordings (account_id, created_at_ms, id) WHERE conference_id IS NULL;
CREATE INDEX recordings_of_conferences ON recordings (account_id, created_at_ms, id)
    WHERE conference_id IS NOT NULL;
CREATE INDEX recordings_by_call ON recordings (call_id, created_at_ms, id) WHERE call_id IS NOT NULL;
CREATE INDEX recordings_by_conference ON recordings (conference_id, created_at_ms, id)
    WHERE conference_id IS NOT NULL;
CREATE INDEX recordings_open ON recordings (node, created_at_ms, id)
    WHERE state IN ('in-progress', 'paused', 'processing');

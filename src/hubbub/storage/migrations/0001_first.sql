-- The first schema. Ids are 32 lower-case hex digits, times integer UTC milliseconds, booleans 0 or 1.
-- References between tables are checked by the use cases and the import, which can say what is wrong in
-- the asker's words; uniqueness is checked here, because only here can it be.

CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    parent_id TEXT,
    friendly_name TEXT NOT NULL,
    email TEXT,
    status TEXT NOT NULL,
    role TEXT NOT NULL,
    bandwidth_id TEXT NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX accounts_by_email ON accounts (email, created_at_ms, id) WHERE email IS NOT NULL;
CREATE INDEX accounts_by_friendly_name ON accounts (friendly_name, created_at_ms, id);

CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    username TEXT NOT NULL,
    permissions TEXT NOT NULL,              -- a JSON array of strings
    secret_digest BLOB NOT NULL,            -- keyed HMAC-SHA256
    secret_sealed BLOB,                     -- AES-GCM, only where the secret itself is needed again
    created_at_ms INTEGER NOT NULL,
    UNIQUE (kind, username)
) STRICT;

CREATE TABLE roles (
    name TEXT NOT NULL PRIMARY KEY,
    permissions TEXT NOT NULL               -- a JSON array of strings
) STRICT;

CREATE TABLE applications (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    friendly_name TEXT NOT NULL,
    dialect TEXT NOT NULL,
    voice TEXT NOT NULL,                    -- JSON {url, method, username, sealed}
    fallback TEXT,
    status_callback TEXT,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX applications_by_account ON applications (account_id, created_at_ms, id);

CREATE TABLE numbers (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    address TEXT NOT NULL UNIQUE,
    application_id TEXT,
    created_at_ms INTEGER NOT NULL
) STRICT;
CREATE INDEX numbers_by_account ON numbers (account_id, created_at_ms, id);

CREATE TABLE trunks (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    sources TEXT NOT NULL,                  -- a JSON array of networks
    username TEXT UNIQUE,
    password_sealed BLOB,
    target TEXT,
    created_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE calls (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    parent_id TEXT,
    application_id TEXT,
    conference_id TEXT,
    from_address TEXT NOT NULL,
    to_address TEXT NOT NULL,
    direction TEXT NOT NULL,
    status TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    answered_at_ms INTEGER,
    ended_at_ms INTEGER,
    hangup_cause TEXT,
    sip_status INTEGER,
    sip_call_id TEXT,
    tag TEXT,
    site TEXT,
    given_id TEXT,
    node TEXT
) STRICT;
CREATE UNIQUE INDEX calls_by_given_id ON calls (account_id, given_id) WHERE given_id IS NOT NULL;
-- What a node must close when it comes back after a crash: small however long the history is.
CREATE INDEX calls_live_on_node ON calls (node, created_at_ms, id)
    WHERE node IS NOT NULL AND status IN ('queued', 'ringing', 'in-progress');

CREATE TABLE conferences (
    id TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL,
    name TEXT NOT NULL,
    phase INTEGER NOT NULL CHECK (phase BETWEEN 0 AND 4),
    moderator_present INTEGER NOT NULL,
    created_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    completed_at_ms INTEGER,
    reason_ended TEXT,
    call_ending TEXT,
    tag TEXT,
    event_url TEXT,
    event_method TEXT,
    region TEXT,
    site TEXT,
    node TEXT,
    -- The place in every list: created_at_ms in the upper bits, the first four digits of the id in the
    -- lower sixteen. One number to range over and to count by; (place, id) orders as (created_at_ms, id).
    place INTEGER NOT NULL
) STRICT;
-- The rule that two rooms of one name cannot be live is kept here, whoever writes.
CREATE UNIQUE INDEX conferences_live_name ON conferences (account_id, name) WHERE phase < 4;
CREATE INDEX conferences_live_on_node ON conferences (node, place, id) WHERE node IS NOT NULL AND phase < 4;
CREATE INDEX conferences_by_place ON conferences (account_id, place, id);
CREATE INDEX conferences_by_phase ON conferences (account_id, phase, place, id);
CREATE INDEX conferences_by_name ON conferences (account_id, name, place, id);

-- How many conferences there are in a stretch of places, by phase, and when they were last updated: a tree
-- per scope, sixty-four ways at each level, which grows downwards only where many rows are. A scope is an
-- account, or an account and a name; one with few rows has no tree. Totals and deep offsets are read here
-- instead of being counted. Kept in the transaction that changes the conferences.
CREATE TABLE conference_tallies (
    scope TEXT NOT NULL,                    -- account id, or account id, a blank and the name
    level INTEGER NOT NULL,                 -- 0 is the root
    bucket INTEGER NOT NULL,                -- place without its lower bits
    split INTEGER NOT NULL,                 -- 1: the next level holds its parts
    n0 INTEGER NOT NULL,                    -- rows of phase 0
    n1 INTEGER NOT NULL,
    n2 INTEGER NOT NULL,
    n3 INTEGER NOT NULL,
    n4 INTEGER NOT NULL,
    completed_updated_min INTEGER NOT NULL, -- no completed row was last updated before
    live_updated_min INTEGER NOT NULL,      -- no live row was ever updated before
    updated_max INTEGER NOT NULL,           -- no row was last updated after
    revision INTEGER NOT NULL,              -- counts the changes; of use in the root
    PRIMARY KEY (scope, level, bucket)
) STRICT, WITHOUT ROWID;
CREATE INDEX conference_tallies_roots ON conference_tallies (scope) WHERE level = 0;

-- One row per stay: a leg that leaves and comes back has two, told apart by when it joined.
CREATE TABLE participants (
    conference_id TEXT NOT NULL,
    call_id TEXT NOT NULL,
    muted INTEGER NOT NULL,
    held INTEGER NOT NULL,
    coaching INTEGER NOT NULL,
    coached TEXT,                           -- a JSON array of call ids; NULL: nobody
    start_on_enter INTEGER NOT NULL,
    end_on_exit INTEGER NOT NULL,
    label TEXT,
    beep TEXT NOT NULL,
    joined_at_ms INTEGER NOT NULL,
    updated_at_ms INTEGER NOT NULL,
    left_at_ms INTEGER,
    leave_reason TEXT,
    PRIMARY KEY (conference_id, call_id, joined_at_ms)
) STRICT, WITHOUT ROWID;
CREATE INDEX participants_present ON participants (conference_id, joined_at_ms, call_id)
    WHERE left_at_ms IS NULL;

CREATE TABLE events (
    number INTEGER NOT NULL PRIMARY KEY,    -- 1, 2, 3 … without a gap
    conference_number INTEGER,              -- the same within the conference
    kind TEXT NOT NULL,
    occurred_at_ms INTEGER NOT NULL,
    account_id TEXT NOT NULL,
    conference_id TEXT,
    call_id TEXT,
    data TEXT NOT NULL                      -- a JSON object
) STRICT;
-- The row number stands at the end of every SQLite index, so this one is ordered by number within a room.
CREATE UNIQUE INDEX events_by_conference ON events (conference_id, number, conference_number)
    WHERE conference_id IS NOT NULL;

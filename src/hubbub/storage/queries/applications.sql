-- name: get_application
-- One application.
SELECT id, account_id, friendly_name, dialect, voice, fallback, status_callback, created_at_ms
FROM applications WHERE id = ?;

-- name: list_applications
-- Everybody's applications, oldest first; an administrator's list.
SELECT id, account_id, friendly_name, dialect, voice, fallback, status_callback, created_at_ms
FROM applications ORDER BY created_at_ms, id;

-- name: list_applications_of_account
-- One account's applications, oldest first.
SELECT id, account_id, friendly_name, dialect, voice, fallback, status_callback, created_at_ms
FROM applications WHERE account_id = ? ORDER BY created_at_ms, id;

-- name: put_application
-- Insert or replace by id.
INSERT INTO applications (
    id, account_id, friendly_name, dialect, voice, fallback, status_callback, created_at_ms
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, friendly_name = excluded.friendly_name, dialect = excluded.dialect,
    voice = excluded.voice, fallback = excluded.fallback, status_callback = excluded.status_callback,
    created_at_ms = excluded.created_at_ms;

-- name: get_number
-- Where a dialled address leads.
SELECT id, account_id, address, application_id, created_at_ms FROM numbers WHERE address = ?;

-- name: list_numbers
-- Everybody's numbers, oldest first; an administrator's list.
SELECT id, account_id, address, application_id, created_at_ms FROM numbers ORDER BY created_at_ms, id;

-- name: list_numbers_of_account
-- One account's numbers, oldest first.
SELECT id, account_id, address, application_id, created_at_ms
FROM numbers WHERE account_id = ? ORDER BY created_at_ms, id;

-- name: put_number
-- Insert or replace by id. Another number's address is a conflict.
INSERT INTO numbers (id, account_id, address, application_id, created_at_ms) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, address = excluded.address,
    application_id = excluded.application_id, created_at_ms = excluded.created_at_ms;

-- name: list_trunks
-- All trunks, oldest first: the gate looks through them all.
SELECT id, account_id, name, sources, username, target, created_at_ms FROM trunks ORDER BY created_at_ms, id;

-- name: get_trunk_by_username
-- The trunk that authenticates with this digest user name, with its password encrypted.
SELECT id, account_id, name, sources, username, target, created_at_ms, password_sealed
FROM trunks WHERE username = ?;

-- name: put_trunk
-- Insert or replace by id. Another trunk's user name is a conflict.
INSERT INTO trunks (id, account_id, name, sources, username, target, created_at_ms, password_sealed)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, name = excluded.name, sources = excluded.sources,
    username = excluded.username, target = excluded.target, created_at_ms = excluded.created_at_ms,
    password_sealed = excluded.password_sealed;

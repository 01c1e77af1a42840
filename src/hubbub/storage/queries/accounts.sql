-- name: get_account
-- One account.
SELECT id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
FROM accounts WHERE id = ?;

-- name: get_account_by_bandwidth_id
-- The account whose vendor number this is.
SELECT id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
FROM accounts WHERE bandwidth_id = ?;

-- name: get_account_by_email
-- Addresses need not be unique; the oldest account wins.
SELECT id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
FROM accounts WHERE email = ? ORDER BY created_at_ms, id LIMIT 1;

-- name: get_account_by_friendly_name
-- Names need not be unique; the oldest account wins.
SELECT id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
FROM accounts WHERE friendly_name = ? ORDER BY created_at_ms, id LIMIT 1;

-- name: list_accounts
-- All accounts, oldest first; an administrator's list, not a caller's.
SELECT id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
FROM accounts ORDER BY created_at_ms, id;

-- name: put_account
-- Insert or replace by id. Another account's bandwidth_id is a conflict.
INSERT INTO accounts (
    id, parent_id, friendly_name, email, status, role, bandwidth_id, created_at_ms, updated_at_ms
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    parent_id = excluded.parent_id, friendly_name = excluded.friendly_name, email = excluded.email,
    status = excluded.status, role = excluded.role, bandwidth_id = excluded.bandwidth_id,
    created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms;

-- name: get_role
-- A role's permissions.
SELECT name, permissions FROM roles WHERE name = ?;

-- name: put_role
-- Insert or replace by name.
INSERT INTO roles (name, permissions) VALUES (?, ?)
ON CONFLICT (name) DO UPDATE SET permissions = excluded.permissions;

-- name: get_credential
-- What a user name must prove, with the digest of its secret.
SELECT id, account_id, kind, username, permissions, created_at_ms, secret_digest
FROM credentials WHERE kind = ? AND username = ?;

-- name: get_sealed_secret
-- A secret that signing needs, encrypted.
SELECT secret_sealed FROM credentials WHERE kind = ? AND username = ?;

-- name: put_credential
-- Insert or replace by id. Another credential's user name of the same kind is a conflict.
INSERT INTO credentials (
    id, account_id, kind, username, permissions, created_at_ms, secret_digest, secret_sealed
) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, kind = excluded.kind, username = excluded.username,
    permissions = excluded.permissions, created_at_ms = excluded.created_at_ms,
    secret_digest = excluded.secret_digest, secret_sealed = excluded.secret_sealed;

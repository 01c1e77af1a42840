-- name: get_kept_answer
-- What was answered under a key.
SELECT fingerprint, status, content_type, headers, body, kept_at_ms
FROM kept_answers WHERE account_id = ? AND key = ?;

-- name: keep_answer
-- Insert or replace by key.
INSERT INTO kept_answers (account_id, key, fingerprint, status, content_type, headers, body, kept_at_ms)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (account_id, key) DO UPDATE SET
    fingerprint = excluded.fingerprint, status = excluded.status, content_type = excluded.content_type,
    headers = excluded.headers, body = excluded.body, kept_at_ms = excluded.kept_at_ms;

-- name: forget_answers
-- Delete what was kept before a time.
DELETE FROM kept_answers WHERE kept_at_ms < ?;

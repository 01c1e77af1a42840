-- name: get_subscription
-- One subscription, ended or not.
SELECT
    id, account_id, subject_id, dialect, purpose, kinds, target, fallback, timeout_s, created_at_ms, details
FROM subscriptions WHERE id = ?;

-- name: list_some_subscriptions
-- Some subscriptions, ended or not, by a JSON array of ids, in no order.
SELECT
    id, account_id, subject_id, dialect, purpose, kinds, target, fallback, timeout_s, created_at_ms, details
FROM subscriptions WHERE {among:id};

-- name: list_subscriptions
-- Who follows a subject, oldest first.
SELECT
    id, account_id, subject_id, dialect, purpose, kinds, target, fallback, timeout_s, created_at_ms, details
FROM subscriptions {hint:subscriptions_by_subject}
WHERE subject_id = ? AND ended = 0 ORDER BY created_at_ms, id;

-- name: list_followers
-- What a new event needs to know of those who follow any of its subjects (a JSON array).
SELECT id, account_id, subject_id, kinds, next_sequence, queue
FROM subscriptions {hint:subscriptions_by_subject}
WHERE {among:subject_id} AND ended = 0;

-- name: put_subscription
-- Insert or replace by id; its sequence goes on.
INSERT INTO subscriptions (
    id, account_id, subject_id, dialect, purpose, kinds, target, fallback, timeout_s, created_at_ms, details, queue
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, subject_id = excluded.subject_id, dialect = excluded.dialect,
    purpose = excluded.purpose, kinds = excluded.kinds, target = excluded.target,
    fallback = excluded.fallback, timeout_s = excluded.timeout_s, created_at_ms = excluded.created_at_ms,
    details = excluded.details, queue = excluded.queue, ended = 0;

-- name: set_next_sequence
-- The number that a subscription's next delivery will have.
UPDATE subscriptions SET next_sequence = ? WHERE id = ?;

-- name: end_subscriptions
-- A subject's subscriptions, or those of one purpose (NULL: any), follow nothing more.
UPDATE subscriptions {hint:subscriptions_by_subject} SET ended = 1
WHERE subject_id = ? AND ended = 0 AND coalesce(?, purpose) = purpose
RETURNING id;

-- name: forget_subscription
-- Delete one that is over and has no deliveries left.
DELETE FROM subscriptions WHERE id = ? AND ended = 1 AND NOT EXISTS (
    SELECT 1 FROM deliveries AS d {hint:deliveries_by_stream}
    WHERE d.stream = subscriptions.subject_id AND d.subscription_id = subscriptions.id
);

-- name: get_delivery
-- One delivery.
SELECT
    id, subscription_id, account_id, event_number, stream, queue, sequence, token, state, attempts, due_at_ms,
    leased_until_ms, created_at_ms, updated_at_ms, status, error, leased_by
FROM deliveries WHERE id = ?;

-- name: list_deliveries
-- Some deliveries, by a JSON array of ids, in no order.
SELECT
    id, subscription_id, account_id, event_number, stream, queue, sequence, token, state, attempts, due_at_ms,
    leased_until_ms, created_at_ms, updated_at_ms, status, error, leased_by
FROM deliveries WHERE {among:id};

-- name: put_delivery
-- Insert or replace by id.
INSERT INTO deliveries (
    id, subscription_id, account_id, event_number, stream, queue, sequence, token, state, attempts, due_at_ms,
    leased_until_ms, created_at_ms, updated_at_ms, status, error, leased_by
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, attempts = excluded.attempts, due_at_ms = excluded.due_at_ms,
    leased_until_ms = excluded.leased_until_ms, updated_at_ms = excluded.updated_at_ms,
    status = excluded.status, error = excluded.error, leased_by = excluded.leased_by;

-- name: settle_delivery
-- What came of an attempt.
UPDATE deliveries SET
    state = ?, attempts = ?, due_at_ms = ?, leased_until_ms = ?, updated_at_ms = ?, status = ?, error = ?
WHERE id = ?;

-- name: lease_deliveries
-- Some deliveries (a JSON array of numbers) are in a sender's hands: one attempt more for each.
UPDATE deliveries SET
    state = 'sending', attempts = attempts + 1, leased_until_ms = ?, updated_at_ms = ?, leased_by = ?
WHERE {among:number};

-- name: release_deliveries
-- What a node was sending for an account when it died is due as it was before.
UPDATE deliveries {hint:deliveries_undelivered} SET state = 'due', leased_until_ms = NULL, updated_at_ms = ?
WHERE account_id = ? AND state = 'sending' AND leased_by = ? AND state <> 'delivered'
RETURNING queue;

-- name: lead_queue
-- A new delivery is its queue's first where nothing else is open; what is open already came before it.
INSERT INTO delivery_queues (queue, delivery_id, event_number, ready_at_ms) VALUES (?, ?, ?, ?)
ON CONFLICT (queue) DO NOTHING;

-- name: end_queues
-- Some queues (a JSON array) have no first delivery, until it is looked for again.
DELETE FROM delivery_queues WHERE {among:queue};

-- name: find_first_of_queue
-- The first open delivery of a queue, if any, and when it may be taken.
INSERT INTO delivery_queues (queue, delivery_id, event_number, ready_at_ms)
SELECT
    queue, id, event_number,
    CASE state WHEN 'due' THEN due_at_ms ELSE coalesce(leased_until_ms, due_at_ms) END
FROM deliveries {hint:deliveries_open}
WHERE queue = ? AND state IN ('due', 'sending') ORDER BY event_number, number LIMIT 1;

-- name: postpone_queues
-- The first deliveries of some queues (a JSON array) may be taken later.
UPDATE delivery_queues SET ready_at_ms = ? WHERE {among:queue};

-- name: list_ready
-- First deliveries that may be taken, the one that waits longest in front, with their numbers.
SELECT
    d.id, d.subscription_id, d.account_id, d.event_number, d.stream, d.queue, d.sequence, d.token, d.state,
    d.attempts, d.due_at_ms, d.leased_until_ms, d.created_at_ms, d.updated_at_ms, d.status, d.error,
    d.leased_by, d.number
FROM delivery_queues AS q {hint:delivery_queues_ready}
CROSS JOIN deliveries AS d ON d.id = q.delivery_id
WHERE q.ready_at_ms <= ?
ORDER BY q.ready_at_ms, q.event_number, q.queue LIMIT ?;

-- name: get_next_ready
-- When the next first delivery may be taken; NULL where nothing is open.
SELECT min(ready_at_ms) FROM delivery_queues;

-- name: forget_deliveries
-- Delete some that were delivered before a time, longest ago first.
DELETE FROM deliveries WHERE id IN (
    SELECT id FROM deliveries {hint:deliveries_delivered}
    WHERE state = 'delivered' AND updated_at_ms < ? ORDER BY updated_at_ms LIMIT ?
) RETURNING subscription_id;

-- name: match_deliveries
-- Which of some deliveries fulfil a query. NULL lets everything pass.
SELECT created_at_ms, id FROM deliveries
WHERE {among:id} AND coalesce(?, account_id) = account_id AND {among:state};

-- name: list_delivery_accounts
-- Whose deliveries there are: a leap through the index for each account.
WITH RECURSIVE known (account_id) AS (
    SELECT min(account_id) FROM deliveries
    UNION ALL
    SELECT (SELECT min(d.account_id) FROM deliveries AS d WHERE d.account_id > known.account_id)
    FROM known WHERE known.account_id IS NOT NULL
)
SELECT account_id FROM known WHERE account_id IS NOT NULL;

-- name: find_deliveries_of_account
-- Deliveries between two places, both exclusive: a walk through the index alone.
SELECT created_at_ms, id FROM deliveries {hint:deliveries_by_account}
WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_deliveries_of_account
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM deliveries {hint:deliveries_by_account}
    WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?) LIMIT ?
) AS matching;

-- name: find_deliveries_of_state
-- The same, in one state other than delivered.
SELECT created_at_ms, id FROM deliveries {hint:deliveries_undelivered}
WHERE account_id = ? AND state = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    AND state <> 'delivered'
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_deliveries_of_state
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM deliveries {hint:deliveries_undelivered}
    WHERE account_id = ? AND state = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
        AND state <> 'delivered'
    LIMIT ?
) AS matching;

-- name: find_deliveries_of_stream
-- The same, of one stream.
SELECT created_at_ms, id FROM deliveries {hint:deliveries_by_stream}
WHERE stream = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_deliveries_of_stream
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM deliveries {hint:deliveries_by_stream}
    WHERE stream = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?) LIMIT ?
) AS matching;

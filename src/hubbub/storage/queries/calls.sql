-- name: get_call
-- One leg.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node, placed_at_ms, caller_name, forwarded_from
FROM calls WHERE id = ?;

-- name: get_call_by_given_id
-- One leg, by the id an import gave it.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node, placed_at_ms, caller_name, forwarded_from
FROM calls WHERE account_id = ? AND given_id = ?;

-- name: list_live_calls
-- The legs a node was serving, oldest first: what it closes after a crash.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node, placed_at_ms, caller_name, forwarded_from
FROM calls {hint:calls_live_on_node}
WHERE node = ? AND ended_at_ms IS NULL
ORDER BY created_at_ms, id;

-- name: put_call
-- Insert or replace by id. Another leg's given id is a conflict.
INSERT INTO calls (
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node, placed_at_ms, caller_name, forwarded_from
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, parent_id = excluded.parent_id,
    application_id = excluded.application_id, conference_id = excluded.conference_id,
    from_address = excluded.from_address, to_address = excluded.to_address,
    direction = excluded.direction, status = excluded.status,
    created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms,
    answered_at_ms = excluded.answered_at_ms, ended_at_ms = excluded.ended_at_ms,
    hangup_cause = excluded.hangup_cause, sip_status = excluded.sip_status,
    sip_call_id = excluded.sip_call_id, tag = excluded.tag, site = excluded.site,
    given_id = excluded.given_id, node = excluded.node,
    placed_at_ms = excluded.placed_at_ms, caller_name = excluded.caller_name,
    forwarded_from = excluded.forwarded_from;

-- name: move_call
-- How far a leg has come. Columns that are not named keep their indexes untouched: four of seven.
UPDATE calls SET
    conference_id = ?, status = ?, updated_at_ms = ?, answered_at_ms = ?, ended_at_ms = ?, hangup_cause = ?,
    sip_status = ?, tag = ?, placed_at_ms = ?
WHERE id = ?;

-- name: move_call_in_place
-- The same where it is in the conference it was in: another index less.
UPDATE calls SET
    status = ?, updated_at_ms = ?, answered_at_ms = ?, ended_at_ms = ?, hangup_cause = ?, sip_status = ?,
    tag = ?, placed_at_ms = ?
WHERE id = ?;

-- name: delete_call
-- One leg's row; its events stay.
DELETE FROM calls WHERE id = ?;

-- name: list_calls
-- Some legs, by a JSON array of ids, in no order.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node, placed_at_ms, caller_name, forwarded_from
FROM calls WHERE {among:id};

-- name: match_calls
-- Which of some legs fulfil a query. A text that is NULL, a flag that is 1, or a time that stands in for a
-- missing one and lies between the bounds, lets everything pass.
SELECT created_at_ms, id FROM calls
WHERE {among:id} AND {among:account_id}
    AND coalesce(?, to_address) = to_address AND coalesce(?, from_address) = from_address
    AND {matches:to_address} AND {matches:from_address}
    AND {among:status} AND (? = 1 OR {among:hangup_cause})
    AND coalesce(?, parent_id, '') = coalesce(parent_id, '')
    AND coalesce(placed_at_ms, created_at_ms) BETWEEN ? AND ?
    AND coalesce(answered_at_ms, ?) BETWEEN ? AND ? AND coalesce(ended_at_ms, ?) BETWEEN ? AND ?;

-- name: find_calls_of_account
-- Legs between two places, both exclusive: a walk through the index alone.
SELECT created_at_ms, id FROM calls {hint:calls_by_account}
WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_calls_of_account
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM calls {hint:calls_by_account}
    WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?) LIMIT ?
) AS matching;

-- name: find_calls_of_status
-- The same, in one state.
SELECT created_at_ms, id FROM calls {hint:calls_by_status}
WHERE account_id = ? AND status = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_calls_of_status
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM calls {hint:calls_by_status}
    WHERE account_id = ? AND status = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    LIMIT ?
) AS matching;

-- name: find_calls_of_to
-- The same, to one address.
SELECT created_at_ms, id FROM calls {hint:calls_by_to}
WHERE account_id = ? AND to_address = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_calls_of_to
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM calls {hint:calls_by_to}
    WHERE account_id = ? AND to_address = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    LIMIT ?
) AS matching;

-- name: find_calls_of_from
-- The same, from one address.
SELECT created_at_ms, id FROM calls {hint:calls_by_from}
WHERE account_id = ? AND from_address = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_calls_of_from
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM calls {hint:calls_by_from}
    WHERE account_id = ? AND from_address = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    LIMIT ?
) AS matching;

-- name: find_calls_of_parent
-- The legs that one leg's dialling made.
SELECT created_at_ms, id FROM calls {hint:calls_by_parent}
WHERE parent_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: find_calls_of_conference
-- The legs that are or were last in one conference.
SELECT created_at_ms, id FROM calls {hint:calls_by_conference}
WHERE conference_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

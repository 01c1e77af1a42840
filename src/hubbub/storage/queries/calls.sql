-- name: get_call
-- One leg.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node
FROM calls WHERE id = ?;

-- name: get_call_by_given_id
-- One leg, by the id an import gave it.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node
FROM calls WHERE account_id = ? AND given_id = ?;

-- name: list_live_calls
-- The legs a node was serving, oldest first: what it closes after a crash.
SELECT
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node
FROM calls {hint:calls_live_on_node}
WHERE node = ? AND status IN ('queued', 'ringing', 'in-progress')
ORDER BY created_at_ms, id;

-- name: put_call
-- Insert or replace by id. Another leg's given id is a conflict.
INSERT INTO calls (
    id, account_id, parent_id, application_id, conference_id, from_address, to_address, direction, status,
    created_at_ms, updated_at_ms, answered_at_ms, ended_at_ms, hangup_cause, sip_status, sip_call_id, tag,
    site, given_id, node
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, parent_id = excluded.parent_id,
    application_id = excluded.application_id, conference_id = excluded.conference_id,
    from_address = excluded.from_address, to_address = excluded.to_address,
    direction = excluded.direction, status = excluded.status,
    created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms,
    answered_at_ms = excluded.answered_at_ms, ended_at_ms = excluded.ended_at_ms,
    hangup_cause = excluded.hangup_cause, sip_status = excluded.sip_status,
    sip_call_id = excluded.sip_call_id, tag = excluded.tag, site = excluded.site,
    given_id = excluded.given_id, node = excluded.node;

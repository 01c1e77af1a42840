-- name: list_present
-- Everybody present in a conference, in order of joining.
SELECT
    conference_id, call_id, muted, held, coaching, coached, start_on_enter, end_on_exit, label, beep,
    joined_at_ms, updated_at_ms, left_at_ms, leave_reason, pending
FROM participants {hint:participants_present}
WHERE conference_id = ? AND left_at_ms IS NULL
ORDER BY joined_at_ms, call_id;

-- name: list_members
-- A page of those present with their legs: behind one cursor and in front of another, filtered by flags
-- (NULL: any). {ascending} is also made descending.
SELECT
    p.conference_id, p.call_id, p.muted, p.held, p.coaching, p.coached, p.start_on_enter, p.end_on_exit,
    p.label, p.beep, p.joined_at_ms, p.updated_at_ms, p.left_at_ms, p.leave_reason, p.pending,
    c.id, c.account_id, c.parent_id, c.application_id, c.conference_id, c.from_address, c.to_address,
    c.direction, c.status, c.created_at_ms, c.updated_at_ms, c.answered_at_ms, c.ended_at_ms,
    c.hangup_cause, c.sip_status, c.sip_call_id, c.tag, c.site, c.given_id, c.node,
    c.placed_at_ms, c.caller_name, c.forwarded_from
FROM participants AS p {hint:participants_present}
CROSS JOIN calls AS c ON c.id = p.call_id
WHERE p.conference_id = ? AND p.left_at_ms IS NULL
    AND (p.joined_at_ms, p.call_id) > (?, ?) AND (p.joined_at_ms, p.call_id) < (?, ?)
    AND p.muted BETWEEN ? AND ? AND p.held BETWEEN ? AND ? AND p.coaching BETWEEN ? AND ?
ORDER BY p.joined_at_ms {ascending}, p.call_id {ascending}
LIMIT ? OFFSET ?;

-- name: count_members
-- How many are present and match, up to a limit.
SELECT count(*) FROM (
    SELECT 1
    FROM participants AS p {hint:participants_present}
    CROSS JOIN calls AS c ON c.id = p.call_id
    WHERE p.conference_id = ? AND p.left_at_ms IS NULL
        AND p.muted BETWEEN ? AND ? AND p.held BETWEEN ? AND ? AND p.coaching BETWEEN ? AND ?
    LIMIT ?
) AS matching;

-- name: get_stay
-- One stay, by its whole key.
SELECT
    conference_id, call_id, muted, held, coaching, coached, start_on_enter, end_on_exit, label, beep,
    joined_at_ms, updated_at_ms, left_at_ms, leave_reason, pending
FROM participants WHERE conference_id = ? AND call_id = ? AND joined_at_ms = ?;

-- name: get_member
-- The newest stay of a leg in a conference, with the leg.
SELECT
    p.conference_id, p.call_id, p.muted, p.held, p.coaching, p.coached, p.start_on_enter, p.end_on_exit,
    p.label, p.beep, p.joined_at_ms, p.updated_at_ms, p.left_at_ms, p.leave_reason, p.pending,
    c.id, c.account_id, c.parent_id, c.application_id, c.conference_id, c.from_address, c.to_address,
    c.direction, c.status, c.created_at_ms, c.updated_at_ms, c.answered_at_ms, c.ended_at_ms,
    c.hangup_cause, c.sip_status, c.sip_call_id, c.tag, c.site, c.given_id, c.node,
    c.placed_at_ms, c.caller_name, c.forwarded_from
FROM participants AS p
CROSS JOIN calls AS c ON c.id = p.call_id
WHERE p.conference_id = ? AND p.call_id = ?
ORDER BY p.joined_at_ms DESC LIMIT 1;

-- name: get_member_by_label
-- The one present who carries a label, with the leg.
SELECT
    p.conference_id, p.call_id, p.muted, p.held, p.coaching, p.coached, p.start_on_enter, p.end_on_exit,
    p.label, p.beep, p.joined_at_ms, p.updated_at_ms, p.left_at_ms, p.leave_reason, p.pending,
    c.id, c.account_id, c.parent_id, c.application_id, c.conference_id, c.from_address, c.to_address,
    c.direction, c.status, c.created_at_ms, c.updated_at_ms, c.answered_at_ms, c.ended_at_ms,
    c.hangup_cause, c.sip_status, c.sip_call_id, c.tag, c.site, c.given_id, c.node,
    c.placed_at_ms, c.caller_name, c.forwarded_from
FROM participants AS p {hint:participants_present}
CROSS JOIN calls AS c ON c.id = p.call_id
WHERE p.conference_id = ? AND p.left_at_ms IS NULL AND p.label = ?
ORDER BY p.joined_at_ms, p.call_id LIMIT 1;

-- name: put_participant
-- Insert or replace one stay.
INSERT INTO participants (
    conference_id, call_id, muted, held, coaching, coached, start_on_enter, end_on_exit, label, beep,
    joined_at_ms, updated_at_ms, left_at_ms, leave_reason, pending
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (conference_id, call_id, joined_at_ms) DO UPDATE SET
    muted = excluded.muted, held = excluded.held, coaching = excluded.coaching,
    coached = excluded.coached, start_on_enter = excluded.start_on_enter,
    end_on_exit = excluded.end_on_exit, label = excluded.label, beep = excluded.beep,
    updated_at_ms = excluded.updated_at_ms, left_at_ms = excluded.left_at_ms,
    leave_reason = excluded.leave_reason, pending = excluded.pending;

-- name: get_recording
-- One recording.
SELECT
    id, account_id, conference_id, call_id, state, source, layout, format, track, created_at_ms,
    updated_at_ms, started_at_ms, ended_at_ms, duration_ms, trim_silence, skips_pauses, name, tag, why,
    size_bytes, deleted_at_ms, node
FROM recordings WHERE id = ?;

-- name: list_recordings
-- Some recordings, by a JSON array of ids, in no order.
SELECT
    id, account_id, conference_id, call_id, state, source, layout, format, track, created_at_ms,
    updated_at_ms, started_at_ms, ended_at_ms, duration_ms, trim_silence, skips_pauses, name, tag, why,
    size_bytes, deleted_at_ms, node
FROM recordings WHERE {among:id};

-- name: list_open_recordings
-- What a node was recording or finishing, oldest first: what it finishes after a crash.
SELECT
    id, account_id, conference_id, call_id, state, source, layout, format, track, created_at_ms,
    updated_at_ms, started_at_ms, ended_at_ms, duration_ms, trim_silence, skips_pauses, name, tag, why,
    size_bytes, deleted_at_ms, node
FROM recordings {hint:recordings_open}
WHERE node = ? AND state IN ('in-progress', 'paused', 'processing')
ORDER BY created_at_ms, id;

-- name: put_recording
-- Insert or replace by id.
INSERT INTO recordings (
    id, account_id, conference_id, call_id, state, source, layout, format, track, created_at_ms,
    updated_at_ms, started_at_ms, ended_at_ms, duration_ms, trim_silence, skips_pauses, name, tag, why,
    size_bytes, deleted_at_ms, node
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, conference_id = excluded.conference_id, call_id = excluded.call_id,
    state = excluded.state, source = excluded.source, layout = excluded.layout, format = excluded.format,
    track = excluded.track, created_at_ms = excluded.created_at_ms, updated_at_ms = excluded.updated_at_ms,
    started_at_ms = excluded.started_at_ms, ended_at_ms = excluded.ended_at_ms,
    duration_ms = excluded.duration_ms, trim_silence = excluded.trim_silence,
    skips_pauses = excluded.skips_pauses, name = excluded.name, tag = excluded.tag, why = excluded.why,
    size_bytes = excluded.size_bytes, deleted_at_ms = excluded.deleted_at_ms, node = excluded.node;

-- name: delete_recording
-- One recording's row; its events stay.
DELETE FROM recordings WHERE id = ?;

-- name: match_recordings
-- Which of some recordings fulfil a query. NULL lets everything pass.
SELECT created_at_ms, id FROM recordings
WHERE {among:id} AND {among:account_id} AND {among:state}
    AND coalesce(?, call_id, '') = coalesce(call_id, '')
    AND coalesce(?, conference_id IS NOT NULL) = (conference_id IS NOT NULL);

-- name: find_recordings_of_account
-- Recordings between two places, both exclusive: a walk through the index alone.
SELECT created_at_ms, id FROM recordings {hint:recordings_by_account}
WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_recordings_of_account
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM recordings {hint:recordings_by_account}
    WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?) LIMIT ?
) AS matching;

-- name: find_recordings_of_calls
-- The same, of calls only.
SELECT created_at_ms, id FROM recordings {hint:recordings_of_calls}
WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    AND conference_id IS NULL
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_recordings_of_calls
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM recordings {hint:recordings_of_calls}
    WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
        AND conference_id IS NULL
    LIMIT ?
) AS matching;

-- name: find_recordings_of_conferences
-- The same, of conferences only.
SELECT created_at_ms, id FROM recordings {hint:recordings_of_conferences}
WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
    AND conference_id IS NOT NULL
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_recordings_of_conferences
-- How many there are, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM recordings {hint:recordings_of_conferences}
    WHERE account_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
        AND conference_id IS NOT NULL
    LIMIT ?
) AS matching;

-- name: find_recordings_of_call
-- Recordings of one leg, and of conferences where it was the leg's wish.
SELECT created_at_ms, id FROM recordings {hint:recordings_by_call}
WHERE call_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: find_recordings_of_conference
-- Recordings of one conference.
SELECT created_at_ms, id FROM recordings {hint:recordings_by_conference}
WHERE conference_id = ? AND (created_at_ms, id) > (?, ?) AND (created_at_ms, id) < (?, ?)
ORDER BY created_at_ms {ascending}, id {ascending} LIMIT ? OFFSET ?;

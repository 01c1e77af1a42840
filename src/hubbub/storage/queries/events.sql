-- name: get_last_event_numbers
-- The newest number, and the newest within one conference (NULL: of none); NULL where there is none yet. Read inside
-- the writing transaction, so the next ones are free.
SELECT (SELECT max(number) FROM events), (
    SELECT conference_number FROM events {hint:events_by_conference}
    WHERE conference_id = ? ORDER BY number DESC LIMIT 1
);

-- name: get_last_conference_event_number
-- The newest number within one conference.
SELECT conference_number FROM events {hint:events_by_conference}
WHERE conference_id = ? ORDER BY number DESC LIMIT 1;

-- name: append_event
-- One fact, numbered by the caller.
INSERT INTO events (
    number, conference_number, kind, occurred_at_ms, account_id, conference_id, call_id, data
) VALUES (?, ?, ?, ?, ?, ?, ?, ?);

-- name: list_events
-- The log from a number on.
SELECT number, conference_number, kind, occurred_at_ms, account_id, conference_id, call_id, data
FROM events WHERE number > ? ORDER BY number LIMIT ?;

-- name: list_events_of_conference
-- One conference's part of the log from a number on.
SELECT number, conference_number, kind, occurred_at_ms, account_id, conference_id, call_id, data
FROM events {hint:events_by_conference}
WHERE conference_id = ? AND number > ? ORDER BY number LIMIT ?;

-- name: list_some_events
-- Some facts, by a JSON array of numbers, in no order.
SELECT number, conference_number, kind, occurred_at_ms, account_id, conference_id, call_id, data
FROM events WHERE {among:number};

-- name: get_event
-- One fact, by its number.
SELECT number, conference_number, kind, occurred_at_ms, account_id, conference_id, call_id, data
FROM events WHERE number = ?;

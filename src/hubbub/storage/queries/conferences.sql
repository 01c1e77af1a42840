-- name: get_conference
-- One conference.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences WHERE id = ?;

-- name: list_some_conferences
-- Some conferences, by a JSON array of ids, in no order.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences WHERE {among:id};

-- name: get_live_conference
-- The one live conference of a name, if there is one.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_live_name} WHERE account_id = ? AND name = ? AND phase < 4;

-- name: list_live_conferences
-- The rooms a node was mixing, oldest first: what it closes after a crash.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_live_on_node} WHERE node = ? AND phase < 4
ORDER BY place, id;

-- name: put_conference
-- Insert or replace by id. Another live conference of the name is a conflict.
INSERT INTO conferences (
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node, place
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    account_id = excluded.account_id, name = excluded.name, phase = excluded.phase,
    moderator_present = excluded.moderator_present, created_at_ms = excluded.created_at_ms,
    updated_at_ms = excluded.updated_at_ms, completed_at_ms = excluded.completed_at_ms,
    reason_ended = excluded.reason_ended, call_ending = excluded.call_ending, tag = excluded.tag,
    event_url = excluded.event_url, event_method = excluded.event_method, region = excluded.region,
    site = excluded.site, node = excluded.node, place = excluded.place;

-- name: list_conferences_of_account
-- Rows between two places, both exclusive. One walk along conferences_by_place; no row is looked at that is
-- not answered.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_by_place}
WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
ORDER BY place {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: list_conferences_of_account_filtered
-- The same, passing over rows whose phase is not in a bit mask or that were updated outside two bounds.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_by_place}
WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
    AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ?
ORDER BY place {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: list_conferences_of_account_matching
-- The same, and passing over rows whose name does not match a pattern.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_by_place}
WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
    AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ? AND {matches:name}
ORDER BY place {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: list_conferences_of_phase
-- Rows of one phase between two places. For several phases the engine merges several of these.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node, place
FROM conferences {hint:conferences_by_phase}
WHERE account_id = ? AND phase = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
    AND updated_at_ms BETWEEN ? AND ?
{merge:place,id};

-- name: list_conferences_of_name
-- Rows of one name between two places. At most one of a name is live, so a filter by phase costs nothing.
SELECT
    id, account_id, name, phase, moderator_present, created_at_ms, updated_at_ms, completed_at_ms,
    reason_ended, call_ending, tag, event_url, event_method, region, site, node
FROM conferences {hint:conferences_by_name}
WHERE account_id = ? AND name = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
    AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ?
ORDER BY place {ascending}, id {ascending} LIMIT ? OFFSET ?;

-- name: count_conferences_of_account
-- How many rows lie between two places, up to a limit.
SELECT count(*) FROM (
    SELECT 1 FROM conferences {hint:conferences_by_place}
    WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
    LIMIT ?
) AS matching;

-- name: count_conferences_of_account_filtered
-- The same, of some phases and updated between two bounds.
SELECT count(*) FROM (
    SELECT 1 FROM conferences {hint:conferences_by_place}
    WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
        AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ?
    LIMIT ?
) AS matching;

-- name: count_conferences_of_account_matching
-- The same, and with a name that matches a pattern.
SELECT count(*) FROM (
    SELECT 1 FROM conferences {hint:conferences_by_place}
    WHERE account_id = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
        AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ? AND {matches:name}
    LIMIT ?
) AS matching;

-- name: count_conferences_of_name
-- The same, of one name.
SELECT count(*) FROM (
    SELECT 1 FROM conferences {hint:conferences_by_name}
    WHERE account_id = ? AND name = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
        AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ?
    LIMIT ?
) AS matching;

-- name: count_conferences_of_phase
-- The same, of one phase.
SELECT count(*) FROM (
    SELECT 1 FROM conferences {hint:conferences_by_phase}
    WHERE account_id = ? AND phase = ? AND (place, id) > (?, ?) AND (place, id) < (?, ?)
        AND updated_at_ms BETWEEN ? AND ?
    LIMIT ?
) AS matching;

-- name: find_conferences_by_name_end
-- Where the search through names may pause: the row so many rows further on.
SELECT name, place, id FROM conferences {hint:conferences_by_name}
WHERE account_id = ? AND (name, place, id) > (?, ?, ?) AND name < ?
ORDER BY name, place, id LIMIT 1 OFFSET ?;

-- name: find_conferences_by_name
-- Rows whose name matches, between two rows in order of names (the second included) and two places. Reads
-- the index alone.
SELECT place, id FROM conferences {hint:conferences_by_name}
WHERE account_id = ? AND (name, place, id) > (?, ?, ?) AND (name, place, id) <= (?, ?, ?)
    AND place > ? AND place <= ? AND {matches:name};

-- name: find_conferences_by_name_filtered
-- The same, of some phases and updated between two bounds.
SELECT place, id FROM conferences {hint:conferences_by_name}
WHERE account_id = ? AND (name, place, id) > (?, ?, ?) AND (name, place, id) <= (?, ?, ?)
    AND place > ? AND place <= ? AND {matches:name}
    AND (1 << phase) & ? AND updated_at_ms BETWEEN ? AND ?;

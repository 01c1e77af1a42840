-- name: list_tallies
-- The first parts of one node in which rows may have been updated between two times, in order.
SELECT bucket, split, n0, n1, n2, n3, n4, completed_updated_min, live_updated_min, updated_max
FROM conference_tallies
WHERE scope = ? AND level = ? AND bucket BETWEEN ? AND ?
    AND updated_max >= ? AND (completed_updated_min <= ? OR (n0 + n1 + n2 + n3 > 0 AND live_updated_min <= ?))
ORDER BY bucket {ascending} LIMIT ?;

-- name: get_tally_root
-- The whole of a scope, and how often it was changed.
SELECT
    bucket, split, n0, n1, n2, n3, n4, completed_updated_min, live_updated_min, updated_max, revision
FROM conference_tallies WHERE scope = ? AND level = 0 AND bucket = 0;

-- name: list_tally_counts
-- The parts of one node with the number of rows in some phases: each phase's weight is 0 or 1.
SELECT bucket, split, n0 * ? + n1 * ? + n2 * ? + n3 * ? + n4 * ?
FROM conference_tallies WHERE scope = ? AND level = ? AND bucket BETWEEN ? AND ?
ORDER BY bucket {ascending};

-- name: rank_in_tallies
-- How many rows stand before a place, except for those in the last node on the way to it: at each level,
-- the parts before the one that the way goes through.
WITH way (level, low, high) AS (
    VALUES (1, ?, ?), (2, ?, ?), (3, ?, ?), (4, ?, ?), (5, ?, ?), (6, ?, ?), (7, ?, ?), (8, ?, ?), (9, ?, ?)
)
SELECT coalesce(sum(t.n0 * ? + t.n1 * ? + t.n2 * ? + t.n3 * ? + t.n4 * ?), 0)
FROM way CROSS JOIN conference_tallies AS t
WHERE t.scope = ? AND t.level = way.level AND t.bucket >= way.low AND t.bucket < way.high;

-- name: get_tally_leaf
-- The last node on the way to a place; none where nothing is near.
WITH way (level, bucket) AS (
    VALUES (1, ?), (2, ?), (3, ?), (4, ?), (5, ?), (6, ?), (7, ?), (8, ?), (9, ?)
)
SELECT t.level, t.bucket FROM way CROSS JOIN conference_tallies AS t
WHERE t.scope = ? AND t.level = way.level AND t.bucket = way.bucket AND t.split = 0;

-- name: change_tally
-- Add to a node that exists; no row where it does not.
UPDATE conference_tallies
SET
    n0 = n0 + ?, n1 = n1 + ?, n2 = n2 + ?, n3 = n3 + ?, n4 = n4 + ?,
    completed_updated_min = {least}(completed_updated_min, ?),
    live_updated_min = {least}(live_updated_min, ?), updated_max = {greatest}(updated_max, ?),
    revision = revision + 1
WHERE scope = ? AND level = ? AND bucket = ?
RETURNING split, n0 + n1 + n2 + n3 + n4;

-- name: add_tally
-- Add to a node, made if it does not exist.
INSERT INTO conference_tallies AS t (
    n0, n1, n2, n3, n4, completed_updated_min, live_updated_min, updated_max, scope, level, bucket, split,
    revision
) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0)
ON CONFLICT (scope, level, bucket) DO UPDATE SET
    n0 = t.n0 + excluded.n0, n1 = t.n1 + excluded.n1, n2 = t.n2 + excluded.n2, n3 = t.n3 + excluded.n3,
    n4 = t.n4 + excluded.n4,
    completed_updated_min = {least}(t.completed_updated_min, excluded.completed_updated_min),
    live_updated_min = {least}(t.live_updated_min, excluded.live_updated_min),
    updated_max = {greatest}(t.updated_max, excluded.updated_max)
RETURNING split, n0 + n1 + n2 + n3 + n4;

-- name: split_tally
-- From now on the next level holds this node's parts.
UPDATE conference_tallies SET split = 1 WHERE scope = ? AND level = ? AND bucket = ?;

-- name: fill_tallies_of_account
-- Count an account's rows between two places into the parts of a level.
INSERT INTO conference_tallies (
    scope, level, bucket, split, n0, n1, n2, n3, n4, completed_updated_min, live_updated_min, updated_max,
    revision
)
SELECT
    ?, ?, place >> ?, 0, count(*) FILTER (WHERE phase = 0), count(*) FILTER (WHERE phase = 1),
    count(*) FILTER (WHERE phase = 2), count(*) FILTER (WHERE phase = 3),
    count(*) FILTER (WHERE phase = 4),
    coalesce(min(updated_at_ms) FILTER (WHERE phase = 4), 1 << 62),
    coalesce(min(updated_at_ms) FILTER (WHERE phase < 4), 1 << 62), max(updated_at_ms), 0
FROM conferences {hint:conferences_by_place}
WHERE account_id = ? AND place BETWEEN ? AND ?
GROUP BY 3;

-- name: fill_tallies_of_name
-- The same for the rows of one name.
INSERT INTO conference_tallies (
    scope, level, bucket, split, n0, n1, n2, n3, n4, completed_updated_min, live_updated_min, updated_max,
    revision
)
SELECT
    ?, ?, place >> ?, 0, count(*) FILTER (WHERE phase = 0), count(*) FILTER (WHERE phase = 1),
    count(*) FILTER (WHERE phase = 2), count(*) FILTER (WHERE phase = 3),
    count(*) FILTER (WHERE phase = 4),
    coalesce(min(updated_at_ms) FILTER (WHERE phase = 4), 1 << 62),
    coalesce(min(updated_at_ms) FILTER (WHERE phase < 4), 1 << 62), max(updated_at_ms), 0
FROM conferences {hint:conferences_by_name}
WHERE account_id = ? AND name = ? AND place BETWEEN ? AND ?
GROUP BY 3;

-- name: list_large_tallies
-- Nodes that hold so many rows that they should be split.
SELECT bucket FROM conference_tallies
WHERE scope = ? AND level = ? AND bucket BETWEEN ? AND ? AND split = 0 AND n0 + n1 + n2 + n3 + n4 >= ?;

-- name: get_conference_key
-- What the tallies know a conference by.
SELECT account_id, name, place, phase, updated_at_ms FROM conferences WHERE id = ?;

-- name: has_rows_of_account
-- Whether an account has so many conferences: the offset is one less.
SELECT 1 FROM conferences {hint:conferences_by_place} WHERE account_id = ? LIMIT 1 OFFSET ?;

-- name: has_rows_of_name
-- Whether a name has so many conferences.
SELECT 1 FROM conferences {hint:conferences_by_name} WHERE account_id = ? AND name = ? LIMIT 1 OFFSET ?;

-- name: list_tally_roots
-- Every scope that has a tree; as many as there are busy accounts and names.
SELECT scope FROM conference_tallies {hint:conference_tallies_roots} WHERE level = 0;

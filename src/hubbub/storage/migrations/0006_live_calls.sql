-- The legs that a node serves are those that have not ended. Said as one comparison: for an IN in the condition of an
-- index SQLite fills a table at every write to its columns, which cost as much as the rest of the write.
DROP INDEX calls_live_on_node;
CREATE INDEX calls_live_on_node ON calls (node, created_at_ms, id) WHERE node IS NOT NULL AND ended_at_ms IS NULL;

-- How many rows there are, about, whether the index over their vectors is there (it may be left over, invalid), and what was
-- measured of it.
SELECT
    c.reltuples::bigint AS rows, i.indexrelid IS NOT NULL AS present, coalesce(i.indisvalid, false) AS valid,
    coalesce(p.blocks_done::float8 / nullif(p.blocks_total, 0), 0) AS built,
    (SELECT (position ->> 'in_sight')::int FROM ai_watermarks WHERE job = 'memory_sight') AS in_sight
FROM pg_class AS c
LEFT JOIN pg_index AS i ON i.indexrelid = to_regclass('ai_incident_patterns_nearest')
LEFT JOIN pg_stat_progress_create_index AS p ON p.index_relid = i.indexrelid
WHERE c.oid = 'ai_incident_patterns'::regclass

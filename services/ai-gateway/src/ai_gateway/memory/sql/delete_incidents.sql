-- What somebody deleted where a file is from: it goes here too, and is kept in mind.
WITH told AS (
    SELECT * FROM unnest(%(sources)s::text[], %(keys)s::text[], %(times)s::timestamptz[]) AS t (source, source_key, at)
),

gone AS (
    DELETE FROM ai_incident_patterns AS one
    USING told
    WHERE one.source = told.source AND one.source_key = told.source_key
    RETURNING one.id
),

noted AS (
    INSERT INTO ai_memory_forgotten (source, source_key, forgotten_at)
    SELECT source, source_key, at FROM told
    ON CONFLICT DO NOTHING
)

SELECT count(*) AS deleted FROM gone

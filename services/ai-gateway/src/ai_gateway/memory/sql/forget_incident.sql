-- Delete it from every index, and keep in mind that it was.
WITH gone AS (
    DELETE FROM ai_incident_patterns
    WHERE id = %(id)s AND {in_scope site}
    RETURNING id, source, source_key
),

noted AS (
    INSERT INTO ai_memory_forgotten (source, source_key)
    SELECT source, source_key FROM gone
    ON CONFLICT DO NOTHING
)

SELECT id FROM gone

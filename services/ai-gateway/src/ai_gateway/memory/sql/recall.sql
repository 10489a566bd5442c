-- The incidents in scope nearest by meaning and those nearest by words, each with both measures. Vectors have length 1.
-- What stands in braces is another file: by comparing or by an index (docs/decisions/0010).
WITH in_scope AS NOT MATERIALIZED (
    SELECT *
    FROM ai_incident_patterns
    WHERE
        {scope}
        {beside}
),

by_meaning AS MATERIALIZED (
    {by_meaning}
),

by_words AS MATERIALIZED (
    {by_words}
)

SELECT
    one.id, source, source_key, title, description, severity, category, site, site_name, device_id, device_name,
    device_type, occurred_at, resolved_at, cause, resolution, helped,
    CASE WHEN embedding_model = %(embedding_model)s THEN -(embedding <#> %(embedding)s::halfvec) END AS similarity,
    coalesce(-(word_weights <#> %(word_weights)s), 0) AS wording,
    (
        SELECT coalesce(sum(CASE WHEN told.useful THEN 1 ELSE -1 END), 0)::int
        FROM ai_memory_feedback AS told
        WHERE told.incident = one.id
    ) AS votes,
    crowd, word_crowd, one.id IN (SELECT id FROM by_meaning) AS near
FROM in_scope AS one
LEFT JOIN ai_memory_crowds ON incident = one.id
WHERE one.id IN (SELECT id FROM by_meaning UNION SELECT id FROM by_words)

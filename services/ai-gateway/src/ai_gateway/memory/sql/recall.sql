-- The incidents in scope nearest by meaning and those nearest by words, each with both measures. Vectors have length 1.
-- Exact search: simplest and exact at the size of one fleet's incidents (docs/decisions/0005).
WITH in_scope AS NOT MATERIALIZED (
    SELECT *
    FROM ai_incident_patterns
    WHERE
        {in_scope site}
        AND (%(categories)s::text[] IS NULL OR category = ANY(%(categories)s))
        AND (%(device_types)s::text[] IS NULL OR device_type = ANY(%(device_types)s))
        AND (%(severities)s::text[] IS NULL OR severity = ANY(%(severities)s))
        AND (%(since)s::timestamptz IS NULL OR occurred_at >= %(since)s)
        AND (%(until)s::timestamptz IS NULL OR occurred_at < %(until)s)
),

by_meaning AS (
    SELECT id
    FROM in_scope
    WHERE %(embedding)s::vector IS NOT NULL AND embedding_model = %(embedding_model)s
    ORDER BY embedding <#> %(embedding)s, id
    LIMIT %(candidates)s
),

by_words AS (
    SELECT id
    FROM in_scope
    WHERE lexemes @@ %(lexemes)s::tsquery
    ORDER BY word_weights <#> %(word_weights)s, id
    LIMIT %(candidates)s
)

SELECT
    id, source, source_key, title, description, severity, category, site, site_name, device_id, device_name, device_type, occurred_at,
    resolved_at, cause, resolution, helped,
    CASE WHEN embedding_model = %(embedding_model)s THEN -(embedding <#> %(embedding)s::vector) END AS similarity,
    coalesce(-(word_weights <#> %(word_weights)s), 0) AS wording,
    crowd, word_crowd
FROM ai_incident_patterns
WHERE id IN (SELECT id FROM by_meaning UNION SELECT id FROM by_words)

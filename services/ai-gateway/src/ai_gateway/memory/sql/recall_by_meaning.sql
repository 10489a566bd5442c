-- Exact search: simplest and exact at the size of one fleet's incidents. Vectors have length 1.
SELECT
    id, description, severity, category, site_name, device_id, device_name, occurred_at, resolved_at, resolution,
    -(embedding <#> %(embedding)s) AS similarity
FROM ai_incident_patterns
WHERE
    (%(sites)s::int[] IS NULL OR site = ANY(%(sites)s))
    AND (%(categories)s::text[] IS NULL OR category = ANY(%(categories)s))
    AND embedding_model = %(embedding_model)s
ORDER BY embedding <#> %(embedding)s, id
LIMIT %(k)s

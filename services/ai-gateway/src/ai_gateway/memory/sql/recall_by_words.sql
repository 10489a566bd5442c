-- When nothing can be embedded: any of the question's words, ranked by Postgres' full text search.
SELECT
    id, description, severity, category, site_name, device_id, device_name, occurred_at, resolved_at, resolution,
    NULL::double precision AS similarity
FROM ai_incident_patterns
WHERE
    (%(sites)s::int[] IS NULL OR site = ANY(%(sites)s))
    AND lexemes @@ to_tsquery('english', %(words)s)
ORDER BY ts_rank_cd(lexemes, to_tsquery('english', %(words)s)) DESC, id
LIMIT %(k)s

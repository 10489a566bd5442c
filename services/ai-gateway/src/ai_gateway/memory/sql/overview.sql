-- The newest incidents in scope, counted by category and source.
SELECT
    category, source,
    count(*)::bigint AS incidents,
    count(resolution)::bigint AS with_resolution,
    count(*) FILTER (WHERE helped)::bigint AS helped,
    count(*) FILTER (WHERE NOT helped)::bigint AS did_not_help,
    count(*) FILTER (WHERE recipe <> %(recipe)s OR embedding_model <> %(model)s)::bigint AS to_renew,
    min(occurred_at) AS oldest,
    max(occurred_at) AS newest
FROM (
    SELECT category, source, resolution, helped, recipe, embedding_model, occurred_at
    FROM ai_incident_patterns
    WHERE {in_scope site}
    ORDER BY id DESC
    LIMIT %(most)s
) AS counted
GROUP BY category, source

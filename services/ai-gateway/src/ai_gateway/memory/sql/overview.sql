SELECT
    count(*)::bigint AS incidents,
    count(*) FILTER (WHERE resolution IS NOT NULL)::bigint AS with_resolution,
    count(*) FILTER (WHERE helped)::bigint AS helped,
    count(*) FILTER (WHERE NOT helped)::bigint AS did_not_help,
    count(*) FILTER (WHERE recipe <> %(recipe)s OR embedding_model <> %(model)s)::bigint AS to_renew,
    min(occurred_at) AS oldest,
    max(occurred_at) AS newest
FROM ai_incident_patterns
WHERE {in_scope site}

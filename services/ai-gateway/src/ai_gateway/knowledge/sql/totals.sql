SELECT
    count(*) FILTER (WHERE f.reason IS NULL)::int AS indexed, count(*) FILTER (WHERE f.reason IS NOT NULL)::int AS refused,
    (
        SELECT count(*)
        FROM ai_knowledge_passages AS p
        JOIN ai_knowledge_files AS g ON g.id = p.file
        WHERE %(tenants)s::int[] IS NULL OR g.shared OR g.tenant_id = ANY(%(tenants)s)
    )::int AS passages
FROM ai_knowledge_files AS f
WHERE %(tenants)s::int[] IS NULL OR f.shared OR f.tenant_id = ANY(%(tenants)s)

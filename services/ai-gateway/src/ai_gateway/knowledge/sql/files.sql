SELECT
    f.tenant AS folder, f.path, CASE WHEN f.reason IS NULL THEN 'indexed' ELSE 'refused' END AS state, f.reason,
    (SELECT count(*) FROM ai_knowledge_passages AS p WHERE p.file = f.id)::int AS passages, f.size AS bytes, f.read_at
FROM ai_knowledge_files AS f
WHERE %(tenants)s::int[] IS NULL OR f.shared OR f.tenant_id = ANY(%(tenants)s)
ORDER BY f.reason IS NULL, f.tenant, f.path
LIMIT %(limit)s OFFSET %(offset)s

-- The passages that a caller may read, nearest by meaning and nearest by words, each with both measures. Exact: a folder of
-- runbooks has some thousands.
WITH in_sight AS NOT MATERIALIZED (
    SELECT p.*, f.tenant, f.path
    FROM ai_knowledge_passages AS p
    JOIN ai_knowledge_files AS f ON f.id = p.file
    WHERE f.shared OR f.tenant_id = ANY(%(tenants)s) OR (%(tenants)s::int[] IS NULL AND f.tenant_id IS NOT NULL)
),

by_meaning AS (
    SELECT id FROM in_sight WHERE %(embedding)s::vector IS NOT NULL ORDER BY embedding <#> %(embedding)s, id LIMIT %(candidates)s
),

by_words AS (
    SELECT id FROM in_sight WHERE lexemes @@ %(lexemes)s::tsquery ORDER BY word_weights <#> %(word_weights)s, id LIMIT %(candidates)s
)

SELECT
    id, tenant, path, section, text, -(embedding <#> %(embedding)s::vector) AS similarity,
    coalesce(-(word_weights <#> %(word_weights)s), 0) AS wording
FROM in_sight
WHERE id IN (SELECT id FROM by_meaning UNION SELECT id FROM by_words)

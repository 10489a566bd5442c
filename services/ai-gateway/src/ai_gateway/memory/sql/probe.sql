-- The cosines of the nearest of all, found as recall finds them.
WITH in_scope AS NOT MATERIALIZED (
    SELECT *
    FROM ai_incident_patterns
    WHERE
        {scope}
),

by_meaning AS MATERIALIZED (
    {by_meaning}
)

SELECT -(embedding <#> %(embedding)s::halfvec) AS similarity
FROM in_scope
WHERE id IN (SELECT id FROM by_meaning)

-- A remembered incident at random, or the next one. The number is drawn once: drawn for every row, it would be one of the first.
SELECT id, embedding
FROM ai_incident_patterns
WHERE
    embedding_model = %(model)s
    AND id >= (SELECT floor(random() * max(every.id))::bigint FROM ai_incident_patterns AS every)
ORDER BY id
LIMIT 1

-- A remembered incident at random, or the next one.
SELECT id, embedding
FROM ai_incident_patterns
WHERE embedding_model = %(model)s AND id >= floor(random() * (SELECT max(id) FROM ai_incident_patterns))
ORDER BY id
LIMIT 1

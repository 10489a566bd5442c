-- Vectors of texts that were embedded before, whichever incident they came from.
SELECT DISTINCT ON (description) description, embedding
FROM ai_incident_patterns
WHERE embedding_model = %(model)s AND description = ANY(%(texts)s)
ORDER BY description, id

-- Texts that were never compared with others, or not since twice as many are remembered.
SELECT id, embedding
FROM ai_incident_patterns
WHERE embedding_model = %(model)s AND crowd_of * 2 < %(total)s
ORDER BY crowd_of, id
LIMIT %(limit)s

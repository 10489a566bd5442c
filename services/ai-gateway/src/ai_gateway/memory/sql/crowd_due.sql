-- Texts that were never compared with others, or not since twice as many are remembered.
SELECT id, title, description, cause, resolution, embedding, word_weights
FROM ai_memory_crowds
INNER JOIN ai_incident_patterns ON id = incident
WHERE embedding_model = %(model)s AND word_weights IS NOT NULL AND crowd_of < (%(total)s + 1) / 2
ORDER BY crowd_of, incident
LIMIT %(limit)s

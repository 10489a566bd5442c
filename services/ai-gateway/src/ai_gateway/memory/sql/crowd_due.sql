-- Texts that were never compared with others, or not since twice as many are remembered.
SELECT id, title, description, cause, resolution, embedding, word_weights
FROM ai_incident_patterns
WHERE embedding_model = %(model)s AND word_weights IS NOT NULL AND crowd_of * 2 < %(total)s
ORDER BY crowd_of, id
LIMIT %(limit)s

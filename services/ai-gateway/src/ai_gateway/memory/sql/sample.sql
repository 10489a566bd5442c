-- Every so many remembered texts.
SELECT id, title, description, cause, resolution, embedding, word_weights
FROM ai_incident_patterns
WHERE embedding_model = %(model)s AND word_weights IS NOT NULL AND id %% %(every)s = 0

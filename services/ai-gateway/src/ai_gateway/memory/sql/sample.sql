-- The remembered texts of some pages, the same ones each time.
SELECT id, title, description, cause, resolution, embedding, word_weights
FROM ai_incident_patterns TABLESAMPLE SYSTEM (%(percent)s) REPEATABLE (1)
WHERE embedding_model = %(model)s AND word_weights IS NOT NULL

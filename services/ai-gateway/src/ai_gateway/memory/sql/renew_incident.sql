-- Only if nobody changed the incident meanwhile.
WITH renewed AS (
    UPDATE ai_incident_patterns SET
        recipe = %(recipe)s, embedding_model = %(embedding_model)s, embedding = %(embedding)s,
        lexemes = array_to_tsvector(%(words)s), word_weights = %(word_weights)s
    WHERE id = %(id)s AND updated_at = %(updated_at)s
    RETURNING id
)

INSERT INTO ai_memory_crowds (incident)
SELECT id FROM renewed
ON CONFLICT (incident) DO UPDATE SET crowd = NULL, word_crowd = NULL, crowd_of = 0

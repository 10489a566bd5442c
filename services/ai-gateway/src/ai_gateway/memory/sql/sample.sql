-- Vectors of every so many remembered texts.
SELECT id, embedding FROM ai_incident_patterns WHERE embedding_model = %(model)s AND id %% %(every)s = 0

SELECT source_key, content_hash, embedding_model
FROM ai_incident_patterns
WHERE source = %(source)s AND source_key = ANY(%(keys)s)

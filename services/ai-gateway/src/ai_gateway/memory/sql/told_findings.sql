-- What stands in memory of some findings: people may have said what caused or ended them.
SELECT source_key, content_hash, embedding_model, cause, resolution, helped, resolved_at
FROM ai_incident_patterns
WHERE source = %(source)s AND source_key = ANY(%(keys)s)

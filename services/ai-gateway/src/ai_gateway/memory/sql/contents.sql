SELECT source_key, content_hash
FROM ai_incident_patterns
WHERE source = %(source)s

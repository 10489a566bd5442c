-- What memory holds of incidents that turned out to be part of another one.
DELETE FROM ai_incident_patterns
WHERE source = 'incident' AND source_key = ANY(%(keys)s)

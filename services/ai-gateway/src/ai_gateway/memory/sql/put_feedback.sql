INSERT INTO ai_memory_feedback (incident, owner, useful)
SELECT id, %(owner)s, %(useful)s FROM ai_incident_patterns WHERE id = %(id)s AND {in_scope site}
ON CONFLICT (incident, owner) DO UPDATE SET useful = EXCLUDED.useful, at = now()
RETURNING incident AS id

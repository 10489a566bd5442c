UPDATE ai_incidents
SET similar_incidents = %(similar)s::jsonb, revision = nextval('ai_incident_revisions'), updated_at = now()
WHERE id = %(id)s

UPDATE ai_incidents
SET
    status = 'acknowledged', acknowledged_at = %(now)s, updated_at = now(),
    revision = nextval('ai_incident_revisions')
WHERE id = %(id)s AND status = 'open'

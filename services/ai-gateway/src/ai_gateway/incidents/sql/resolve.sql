-- What is resolved already only learns what helped.
UPDATE ai_incidents
SET
    status = 'resolved', resolution = COALESCE(%(resolution)s, resolution),
    resolved_at = CASE WHEN status = 'resolved' THEN resolved_at ELSE %(now)s END,
    closings = CASE WHEN status = 'resolved' THEN closings ELSE closings || %(now)s::timestamptz END,
    updated_at = now(), revision = nextval('ai_incident_revisions')
WHERE id = %(id)s AND (status <> 'resolved' OR %(resolution)s::text IS NOT NULL)

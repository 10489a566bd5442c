INSERT INTO ai_incident_devices AS d (incident, device, site, changes)
SELECT r.incident, r.device, r.site, r.changes
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (incident uuid, device integer, site integer, changes text[])
ON CONFLICT (incident, device) DO UPDATE SET site = EXCLUDED.site, changes = EXCLUDED.changes

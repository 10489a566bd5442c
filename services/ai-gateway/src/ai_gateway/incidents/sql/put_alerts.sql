INSERT INTO ai_incident_alerts AS a (
    alert, incident, device, site, kind, metric, category, severity, title, status, at, acknowledged_at, ended_at, notes
)
SELECT
    r.id, r.incident, r.device, r.site, r.kind, r.metric, r.category, r.severity, r.text, r.status, r.started_at,
    r.acknowledged_at, r.ended_at, r.notes
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (
    id integer, incident uuid, device integer, site integer, kind text, metric text, category text, severity text,
    text text, status text, started_at timestamptz, acknowledged_at timestamptz, ended_at timestamptz, notes text
)
ON CONFLICT (alert) DO UPDATE SET incident = EXCLUDED.incident

UPDATE ai_incident_alerts AS a
SET
    status = r.status, ended_at = r.ended_at, notes = r.notes,
    acknowledged_at = CASE WHEN r.status = 'acknowledged' THEN COALESCE(a.acknowledged_at, %(now)s) END
FROM jsonb_to_recordset(%(rows)s::jsonb) AS r (id integer, status text, ended_at timestamptz, notes text)
WHERE a.alert = r.id AND (a.status, a.ended_at, a.notes) IS DISTINCT FROM (r.status, r.ended_at, r.notes)

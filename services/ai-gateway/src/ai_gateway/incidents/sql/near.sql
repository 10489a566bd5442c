-- Incidents that new members may belong to: of their sites and not long over, or with devices that had the same changes.
SELECT m.incident
FROM ai_anomaly_logs AS m
WHERE
    m.incident IS NOT NULL AND m.site = ANY(%(sites)s) AND (m.ended_at IS NULL OR m.ended_at >= %(over)s::timestamptz)
UNION
SELECT m.incident
FROM ai_incident_alerts AS m
WHERE m.site = ANY(%(sites)s) AND (m.ended_at IS NULL OR m.ended_at >= %(over)s::timestamptz)
UNION
SELECT d.incident
FROM ai_incident_devices AS d
JOIN ai_incidents AS i ON i.id = d.incident
WHERE d.changes && %(changes)s::text[] AND i.last_at >= %(changed)s::timestamptz

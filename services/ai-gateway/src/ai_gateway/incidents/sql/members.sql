-- Anomalies and alerts of incidents, the earliest first; of the sites asked for alone.
SELECT
    'anomaly' AS source, m.id, m.device, m.site, m.kind, m.metric, NULL AS category, m.severity, m.started_at,
    m.last_at, m.ended_at, m.score, m.value, m.expected, m.lower, m.upper, m.explained, m.detail AS text,
    NULL AS status, NULL::timestamptz AS acknowledged_at, NULL AS notes, m.incident
FROM ai_anomaly_logs AS m
WHERE m.incident = ANY(%(incidents)s) AND {in_scope m.site}
UNION ALL
SELECT
    'alert', m.alert, m.device, m.site, m.kind, m.metric, m.category, m.severity, m.at, m.at, m.ended_at, 0, NULL, NULL,
    NULL, NULL, '[]', m.title, m.status, m.acknowledged_at, m.notes, m.incident
FROM ai_incident_alerts AS m
WHERE m.incident = ANY(%(incidents)s) AND {in_scope m.site}
ORDER BY started_at, source, id

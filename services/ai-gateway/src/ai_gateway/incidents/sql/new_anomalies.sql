-- Anomalies that belong to no incident yet, in the order of their beginnings.
SELECT
    'anomaly' AS source, m.id, m.device, m.site, m.kind, m.metric, NULL AS category, m.severity, m.started_at, m.last_at,
    m.ended_at, m.score, m.value, m.expected, m.lower, m.upper, m.explained, m.detail AS text, NULL AS status,
    NULL::timestamptz AS acknowledged_at, NULL AS notes, NULL::uuid AS incident, m.detected_at
FROM ai_anomaly_logs AS m
WHERE m.incident IS NULL
ORDER BY m.started_at, m.id
LIMIT %(limit)s

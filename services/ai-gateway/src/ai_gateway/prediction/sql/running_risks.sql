-- Announcements that are on.
SELECT
    a.device, a.site, a.kind, a.metric, a.started_at, a.last_at, a.ended_at, a.severity, a.score, a.value, a.expected,
    a.lower, a.upper, a.explained, a.detail
FROM ai_anomaly_logs AS a
WHERE a.ended_at IS NULL AND a.kind = 'risk'
ORDER BY a.id

-- The worst first, without what prediction announces. `since`: those that were on at that time or later.
SELECT
    id, detected_at, incident, device, site, kind, metric, started_at, last_at, ended_at, severity, score, value,
    expected, lower, upper, explained, detail
FROM ai_anomaly_logs
WHERE {chosen} AND kind <> 'risk'
ORDER BY rank DESC, score DESC, id
LIMIT %(limit)s OFFSET %(offset)s

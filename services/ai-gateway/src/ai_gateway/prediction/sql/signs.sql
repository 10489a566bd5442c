-- Anomalies of all devices as columns, in the order of time (`ended` absent: still on); what was announced is no sign, or a model would believe itself.
SELECT
    coalesce(array_agg(a.device ORDER BY a.started_at, a.id), '{}') AS devices,
    coalesce(array_agg(extract(epoch FROM a.started_at)::bigint ORDER BY a.started_at, a.id), '{}') AS at,
    coalesce(array_agg(extract(epoch FROM a.ended_at)::bigint ORDER BY a.started_at, a.id), '{}') AS ended,
    coalesce(array_agg(a.kind ORDER BY a.started_at, a.id), '{}') AS kinds,
    coalesce(array_agg(a.metric ORDER BY a.started_at, a.id), '{}') AS metrics,
    coalesce(array_agg(a.severity ORDER BY a.started_at, a.id), '{}') AS severities
FROM ai_anomaly_logs AS a
WHERE a.started_at >= %(since)s AND a.started_at <= %(until)s AND a.kind <> 'risk'

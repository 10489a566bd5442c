UPDATE ai_anomaly_logs AS m
SET incident = r.incident
FROM unnest(%(anomalies)s::bigint[], %(incidents)s::uuid[]) AS r (anomaly, incident)
WHERE m.id = r.anomaly AND m.incident IS DISTINCT FROM r.incident

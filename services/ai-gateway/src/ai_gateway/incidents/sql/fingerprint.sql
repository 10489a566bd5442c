-- What the members of the incident `i` are now, but for the moment up to which they last.
SELECT
    COALESCE(md5(string_agg(x.part, ',' ORDER BY x.part)), '') AS fingerprint, COALESCE(bool_or(x.ended_at IS NULL), false) AS on_now,
    max(x.ended_at) AS ended_at, max(x.last_at) AS last_at
FROM (
    SELECT concat_ws(':', 'n', m.id, m.severity, round(m.score), m.ended_at) AS part, m.ended_at, m.last_at
    FROM ai_anomaly_logs AS m
    WHERE m.incident = i.id
    UNION ALL
    SELECT concat_ws(':', 'a', m.alert, m.severity, m.status, m.ended_at), m.ended_at, m.at
    FROM ai_incident_alerts AS m
    WHERE m.incident = i.id
) AS x

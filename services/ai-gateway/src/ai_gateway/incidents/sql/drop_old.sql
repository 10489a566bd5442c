-- Incidents that were over long ago and whose anomalies were forgotten; memory keeps what they teach.
DELETE FROM ai_incidents AS i
WHERE
    i.id IN (
        SELECT o.id
        FROM ai_incidents AS o
        WHERE
            o.status = 'resolved' AND o.last_at < %(before)s::timestamptz
            AND NOT EXISTS (SELECT FROM ai_anomaly_logs AS m WHERE m.incident = o.id)
        LIMIT %(limit)s
    )

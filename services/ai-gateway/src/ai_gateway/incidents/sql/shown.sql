-- The columns of an incident as it is read, of the rows `picked`: only what belongs to the sites asked for.
SELECT
    i.id, i.status, i.severity, i.category, i.kind, i.metric, i.title, i.scope, i.site, i.opened_at, i.last_at,
    i.acknowledged_at, i.resolved_at, i.reopened, i.resolution, i.cause, i.revision,
    COALESCE(d.devices, '[]') AS devices, n.anomalies, c.alerts, COALESCE(a.absorbed, '{}') AS absorbed,
    COALESCE(p.similar, '[]') AS similar
FROM picked AS i
CROSS JOIN LATERAL (
    SELECT json_agg(json_build_object('device', d.device, 'site', d.site) ORDER BY d.device) AS devices
    FROM ai_incident_devices AS d
    WHERE d.incident = i.id AND {in_scope d.site}
) AS d
CROSS JOIN LATERAL (
    SELECT count(*)::int AS anomalies
    FROM ai_anomaly_logs AS m
    WHERE m.incident = i.id AND {in_scope m.site}
) AS n
CROSS JOIN LATERAL (
    SELECT count(*)::int AS alerts
    FROM ai_incident_alerts AS m
    WHERE m.incident = i.id AND {in_scope m.site}
) AS c
CROSS JOIN LATERAL (
    SELECT array_agg(l.alias ORDER BY l.alias) AS absorbed FROM ai_incident_aliases AS l WHERE l.incident = i.id
) AS a
CROSS JOIN LATERAL (
    SELECT
        json_agg(
            json_build_object(
                'id', r.id, 'site', r.site, 'description', r.description, 'severity', r.severity, 'category', r.category,
                'site_name', r.site_name, 'device_id', r.device_id, 'device_name', r.device_name,
                'occurred_at', r.occurred_at, 'resolved_at', r.resolved_at, 'resolution', r.resolution,
                'similarity', r.similarity
            )
            ORDER BY r.similarity DESC, r.id
        ) AS similar
    FROM (
        SELECT m.*, s.similarity
        FROM jsonb_to_recordset(COALESCE(i.similar_incidents, '[]')) AS s (id bigint, similarity double precision)
        JOIN ai_incident_patterns AS m ON m.id = s.id
        WHERE {in_scope m.site}
        ORDER BY s.similarity DESC, m.id
        LIMIT %(similar)s
    ) AS r
) AS p
ORDER BY i.place

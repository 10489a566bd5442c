-- What was done about failures: of each the incident of its device around that time, or what memory tells of it; first one
-- that says what helped, then the nearest. What was told of an incident afterwards stands in memory.
SELECT f.place::int AS place, d.incident_id, d.title, d.cause, d.resolution, d.resolved_at, d.helped
FROM unnest(%(devices)s::int[], %(keys)s::text[], %(at)s::timestamptz[]) WITH ORDINALITY AS f (device, key, at, place)
CROSS JOIN LATERAL (
    SELECT *
    FROM (
        SELECT
            i.id AS incident_id, i.title, coalesce(m.resolved_at, i.resolved_at) AS resolved_at, m.helped,
            coalesce(m.cause, CASE WHEN i.cause ->> 'kind' <> 'none' THEN i.cause ->> 'text' END) AS cause,
            coalesce(m.resolution, i.resolution) AS resolution, i.opened_at AS at
        FROM ai_incident_devices AS n
        JOIN ai_incidents AS i ON i.id = n.incident
        LEFT JOIN ai_incident_patterns AS m ON m.source = 'incident' AND m.source_key = i.id::text
        WHERE
            n.device = f.device AND {in_scope n.site} AND i.kind <> 'risk'
            AND i.opened_at <= f.at + %(around)s::interval AND i.last_at >= f.at - %(around)s::interval
        UNION ALL
        SELECT
            NULL AS incident_id, m.title, m.resolved_at, m.helped, m.cause, m.resolution, m.occurred_at AS at
        FROM ai_incident_patterns AS m
        WHERE
            m.device_id = f.key AND {in_scope m.site} AND (m.source <> 'finding' OR m.resolution IS NOT NULL)
            AND m.occurred_at BETWEEN f.at - %(around)s::interval AND f.at + %(around)s::interval
    ) AS either
    ORDER BY
        either.resolution IS NULL, either.incident_id IS NULL, abs(extract(epoch FROM either.at - f.at))
    LIMIT 1
) AS d

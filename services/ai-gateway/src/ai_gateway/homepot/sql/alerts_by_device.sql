SELECT f.id, f.device_id, f.name, f.site_name, f.condition, c.events, c.severe, c.latest
FROM (
    SELECT
        a.device, a.device_name, count(*)::int AS events,
        count(*) FILTER (WHERE a.severity IN ('critical', 'high'))::int AS severe, max(a."timestamp") AS latest
    FROM {alerts_in_view} AS a
    WHERE a.device IS NOT NULL
    GROUP BY a.device, a.device_name
    ORDER BY events DESC, severe DESC, a.device_name
    LIMIT %(limit)s
) AS c
JOIN {fleet} AS f ON f.id = c.device
ORDER BY c.events DESC, c.severe DESC, f.name

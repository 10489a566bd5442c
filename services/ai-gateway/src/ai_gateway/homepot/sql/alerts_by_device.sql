SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, count(*)::int AS events,
    count(*) FILTER (WHERE a.severity IN ('critical', 'high'))::int AS severe, max(a."timestamp") AS latest
FROM {alerts} AS a
JOIN {fleet} AS f ON f.device_id = a.device_id
WHERE
    a.status = ANY(%(statuses)s)
    AND (%(severities)s::text[] IS NULL OR a.severity = ANY(%(severities)s))
    AND (%(categories)s::text[] IS NULL OR a.category = ANY(%(categories)s))
    AND (%(since)s::timestamptz IS NULL OR a."timestamp" >= %(since)s)
    AND (%(until)s::timestamptz IS NULL OR a."timestamp" < %(until)s)
GROUP BY f.id, f.device_id, f.name, f.site_name, f.condition
ORDER BY events DESC, severe DESC, f.name
LIMIT %(limit)s

-- Active alerts of each device since a time: HOMEPOT closes none by itself, so that an old one says little of today.
SELECT
    d.id AS device, count(*)::int AS alerts,
    count(*) FILTER (WHERE a.severity IN ('critical', 'error', 'high'))::int AS severe
FROM {alerts} AS a
JOIN {devices} AS d ON d.device_id = a.device_id
WHERE a.status = ANY(%(statuses)s) AND a."timestamp" >= %(since)s::timestamptz AND a."timestamp" <= %(now)s::timestamptz
GROUP BY d.id
ORDER BY d.id

-- Devices by how many jobs of some states they had, the most first. `devices` counts all of them.
SELECT f.device_id, f.name, f.condition, c.jobs, c.devices
FROM (
    SELECT j.device_id AS id, count(*)::int AS jobs, (count(*) OVER ())::int AS devices
    FROM {jobs} AS j
    JOIN {devices} AS d ON d.id = j.device_id
    WHERE
        {scope}
        AND j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
        AND (%(action)s::text IS NULL OR j.action ILIKE '%%' || %(action)s || '%%')
        AND (%(job_statuses)s::text[] IS NULL OR j.status = ANY(%(job_statuses)s))
    GROUP BY j.device_id
    ORDER BY jobs DESC, j.device_id
    LIMIT %(limit)s
) AS c
JOIN {fleet} AS f ON f.id = c.id
ORDER BY c.jobs DESC, f.name

-- How many jobs were made in each hour, day or week (UTC) that had any. `failed`: only those that failed.
SELECT date_trunc(%(unit)s, j.created_at) AS at, count(*)::int AS events
FROM {jobs} AS j
LEFT JOIN {devices} AS d ON d.id = j.device_id
WHERE
    j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
    AND {in_scope j.site_id}
    AND (%(devices)s::int[] IS NULL OR j.device_id = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
    AND (%(action)s::text IS NULL OR j.action ILIKE '%%' || %(action)s || '%%')
    AND (NOT %(failed)s OR j.status = 'failed')
GROUP BY 1
ORDER BY 1

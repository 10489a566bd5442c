SELECT j.status, j.action, s.name AS site_name, count(*)::int AS jobs
FROM {jobs} AS j
JOIN {sites} AS s ON s.id = j.site_id
LEFT JOIN {devices} AS d ON d.id = j.device_id
WHERE
    j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
    AND {in_scope j.site_id}
    AND (%(devices)s::int[] IS NULL OR j.device_id = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
    AND (%(action)s::text IS NULL OR j.action ILIKE '%%' || %(action)s || '%%')
GROUP BY j.status, j.action, s.name
ORDER BY jobs DESC, j.status, j.action, s.name

-- Jobs of the sites in view; `jobs` has no index on time, but it grows by people's actions, not by telemetry.
SELECT
    j.id, j.job_id, j.action, j.status, j.priority, j.created_at AS at, j.completed_at, j.error_message,
    s.name AS site_name, d.device_id, d.name AS device_name, d.id AS device
FROM {jobs} AS j
JOIN {sites} AS s ON s.id = j.site_id
LEFT JOIN {devices} AS d ON d.id = j.device_id
WHERE
    j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
    AND {in_scope j.site_id}
    AND (%(devices)s::int[] IS NULL OR j.device_id = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
    AND (%(action)s::text IS NULL OR j.action ILIKE '%%' || %(action)s || '%%')
    AND (%(ids)s::text[] IS NULL OR lower(j.job_id) = ANY(%(ids)s))
    AND (%(job_statuses)s::text[] IS NULL OR j.status = ANY(%(job_statuses)s))
ORDER BY CASE WHEN %(oldest)s THEN j.created_at END, j.created_at DESC, j.id DESC
LIMIT %(limit)s

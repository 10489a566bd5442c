-- Jobs that ended, by the hour in which they were made.
SELECT
    extract(hour FROM j.created_at)::int AS hour, j.succeeded,
    CASE WHEN NOT j.succeeded THEN j.error_message END AS error_message, count(*)::int AS jobs
FROM {jobs_ended} AS j
LEFT JOIN {devices} AS d ON d.id = j.device_id
WHERE
    j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
    AND {in_scope j.site_id}
    AND (%(devices)s::int[] IS NULL OR j.device_id = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

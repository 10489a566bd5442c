-- A message names its device, or only the job that it was sent for; of one that names neither, nobody can say whose it
-- is, so it counts in the view of everything alone.
SELECT
    p.provider, p.status, p.error_code, count(*)::int AS messages, count(p.latency_ms)::int AS timed,
    COALESCE(sum(p.latency_ms), 0)::bigint AS latency_ms
FROM {push_notification_logs} AS p
LEFT JOIN {devices} AS d ON d.device_id = p.device_id
LEFT JOIN {jobs} AS j ON p.device_id IS NULL AND j.job_id = p.job_id
CROSS JOIN LATERAL (SELECT COALESCE(d.site_id, j.site_id) AS site, COALESCE(d.id, j.device_id) AS device) AS w
WHERE
    p.sent_at >= %(since)s::timestamptz AND p.sent_at <= %(until)s::timestamptz
    AND {in_scope w.site}
    AND (%(devices)s::int[] IS NULL OR w.device = ANY(%(devices)s))
    AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
GROUP BY 1, 2, 3
ORDER BY 1, 2, 3

-- How long jobs took that ended well, from when they were made: all together (NULL), and by what they do.
SELECT
    j.action, count(*)::int AS jobs, avg(j.took)::float8 AS mean_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY j.took)::float8 AS median_s, max(j.took)::float8 AS longest_s
FROM (
    SELECT j.action, extract(epoch FROM j.completed_at - j.created_at)::float8 AS took
    FROM {jobs_ended} AS j
    LEFT JOIN {devices} AS d ON d.id = j.device_id
    WHERE
        j.succeeded AND j.completed_at >= j.created_at
        AND j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
        AND {in_scope j.site_id}
        AND (%(devices)s::int[] IS NULL OR j.device_id = ANY(%(devices)s))
        AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
        AND (%(action)s::text IS NULL OR j.action ILIKE '%%' || %(action)s || '%%')
) AS j
GROUP BY GROUPING SETS ((j.action), ())
HAVING count(*) > 0
ORDER BY j.action NULLS FIRST

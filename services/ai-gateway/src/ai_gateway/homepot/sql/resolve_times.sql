-- How long alerts in view took from when they were raised until they were resolved: by severity, and all together (NULL).
SELECT
    a.severity, count(*)::int AS alerts, avg(a.took)::float8 AS mean_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY a.took)::float8 AS median_s, max(a.took)::float8 AS longest_s
FROM (
    SELECT a.severity, extract(epoch FROM a.resolved_at - a."timestamp")::float8 AS took
    FROM {alerts_in_view} AS a
    WHERE
        a.resolved_at >= a."timestamp"
        AND a.resolved_at >= %(resolved_since)s::timestamptz AND a.resolved_at <= %(resolved_until)s::timestamptz
) AS a
GROUP BY GROUPING SETS ((a.severity), ())
HAVING count(*) > 0
ORDER BY a.severity NULLS FIRST

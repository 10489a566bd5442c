-- How long alerts in view took from when they were raised until they were resolved: by severity, by site, and all together (both NULL).
SELECT
    a.severity, CASE WHEN GROUPING(a.site) = 0 THEN COALESCE(s.name, 'no site') END AS site_name, count(*)::int AS alerts, avg(a.took)::float8 AS mean_s,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY a.took)::float8 AS median_s, max(a.took)::float8 AS longest_s
FROM (
    SELECT a.severity, a.site, extract(epoch FROM a.resolved_at - a."timestamp")::float8 AS took
    FROM {alerts_in_view} AS a
    WHERE
        a.resolved_at >= a."timestamp"
        AND a.resolved_at >= %(resolved_since)s::timestamptz AND a.resolved_at <= %(resolved_until)s::timestamptz
) AS a
LEFT JOIN {sites} AS s ON s.id = a.site
GROUP BY GROUPING SETS ((a.severity), (a.site, s.name), ())
HAVING count(*) > 0
ORDER BY GROUPING(a.severity, a.site) DESC, a.severity, s.name

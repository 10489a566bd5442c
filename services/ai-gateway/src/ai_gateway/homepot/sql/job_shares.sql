-- How jobs of the sites in view ended, by device type and by whether they were those of one site.
SELECT
    j.site_id = %(site)s AS here, COALESCE(d.device_type, '') AS device_type, count(*)::int AS jobs,
    (count(*) FILTER (WHERE j.succeeded))::int AS succeeded
FROM {jobs_ended} AS j
LEFT JOIN {devices} AS d ON d.id = j.device_id
WHERE
    j.created_at >= %(since)s::timestamptz AND j.created_at <= %(until)s::timestamptz
    AND {in_scope j.site_id}
    AND (%(action)s::text IS NULL OR strpos(lower(j.action), lower(%(action)s)) > 0)
GROUP BY 1, 2

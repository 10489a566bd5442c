-- How many devices of each site are in service. A CASE because Postgres takes the bare words for one row in a hundred, and
-- would visit all devices once a site.
SELECT v.site, v.devices
FROM (
    SELECT d.site_id AS site, count(*)::int AS devices
    FROM {devices} AS d
    WHERE
        d.site_id = ANY(%(sites)s)
        AND CASE WHEN d.is_active AND d.lifecycle_state IN ('active', 'pending') THEN true ELSE false END
    GROUP BY d.site_id
) AS v
JOIN {sites} AS s ON s.id = v.site
WHERE s.is_active AND s.lifecycle_state = 'active'

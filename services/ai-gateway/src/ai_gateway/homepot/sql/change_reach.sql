-- At how many devices in service of each site something of these names was done, of each name from a time of its own on.
-- What was done to a whole site was done to all its devices, and is not unfolded to be counted.
WITH asked AS MATERIALIZED (
    SELECT w.name, w.since FROM unnest(%(names)s::text[], %(sinces)s::timestamptz[]) AS w (name, since)
),
serving AS MATERIALIZED (
    SELECT d.id, d.device_id, d.site_id AS site, s.site_id, d.firmware_version
    FROM {devices} AS d
    JOIN (
        SELECT s.id, s.site_id
        FROM {sites} AS s
        WHERE s.id = ANY(%(sites)s) AND s.is_active AND s.lifecycle_state = 'active'
        OFFSET 0  -- once a site, not once a device
    ) AS s ON s.id = d.site_id
    WHERE CASE WHEN d.is_active AND d.lifecycle_state IN ('active', 'pending') THEN true ELSE false END
),
sizes AS MATERIALIZED (
    SELECT c.site, c.site_id, count(*)::int AS devices FROM serving AS c GROUP BY c.site, c.site_id
),
settings AS MATERIALIZED (
    SELECT
        k.entity_type, k.entity_id, k.parameter_name AS name, {new_value} AS value,
        k."timestamp" >= a.since AS is_set, k.was_rolled_back AND k.rolled_back_at >= a.since AS is_back
    FROM {configuration_history} AS k
    JOIN asked AS a ON a.name = k.parameter_name
    WHERE
        (k."timestamp" >= a.since AND k."timestamp" <= %(until)s::timestamptz)
        OR (k.was_rolled_back AND k.rolled_back_at >= a.since AND k.rolled_back_at <= %(until)s::timestamptz)
),
works AS MATERIALIZED (
    SELECT k.site_id AS site, k.device_id AS device, k.action AS name, k.config_version
    FROM {jobs} AS k
    JOIN asked AS a ON a.name = k.action
    WHERE k.created_at >= a.since AND k.created_at <= %(until)s::timestamptz
),
counted AS (
    SELECT c.site, v.what, k.name, k.value, count(DISTINCT c.id)::int AS devices
    FROM settings AS k
    JOIN serving AS c ON k.entity_type = 'device' AND k.entity_id = c.device_id
    JOIN (VALUES ('set'), ('rolled_back')) AS v (what) ON CASE v.what WHEN 'set' THEN k.is_set ELSE k.is_back END
    GROUP BY c.site, v.what, k.name, k.value
    UNION ALL
    SELECT z.site, v.what, k.name, k.value, max(z.devices)
    FROM settings AS k
    JOIN sizes AS z ON k.entity_type = 'site' AND k.entity_id = z.site_id
    JOIN (VALUES ('set'), ('rolled_back')) AS v (what) ON CASE v.what WHEN 'set' THEN k.is_set ELSE k.is_back END
    GROUP BY z.site, v.what, k.name, k.value
    UNION ALL
    SELECT c.site, 'job', k.name, v.value, count(DISTINCT c.id)::int
    FROM works AS k
    JOIN serving AS c ON c.id = k.device
    CROSS JOIN LATERAL (
        SELECT CASE WHEN k.name ~* 'firmware' THEN COALESCE(k.config_version, c.firmware_version)
            ELSE k.config_version END AS value
    ) AS v
    GROUP BY c.site, k.name, v.value
    UNION ALL
    SELECT z.site, 'job', k.name, k.config_version, max(z.devices)
    FROM works AS k
    JOIN sizes AS z ON z.site = k.site
    WHERE k.device IS NULL AND (k.name !~* 'firmware' OR k.config_version IS NOT NULL)
    GROUP BY z.site, k.name, k.config_version
    UNION ALL
    SELECT c.site, 'job', k.name, c.firmware_version, count(DISTINCT c.id)::int
    FROM works AS k
    JOIN serving AS c ON c.site = k.site
    WHERE k.device IS NULL AND k.name ~* 'firmware' AND k.config_version IS NULL
    GROUP BY c.site, k.name, c.firmware_version
    UNION ALL
    SELECT c.site, 'command', k.command_type, NULL, count(DISTINCT c.id)::int
    FROM {device_commands} AS k
    JOIN asked AS a ON a.name = k.command_type
    JOIN serving AS c ON c.id = k.device_id
    WHERE k.created_at >= a.since AND k.created_at <= %(until)s::timestamptz
    GROUP BY c.site, k.command_type
)
SELECT x.site, x.what, x.name, x.value, max(x.devices) AS devices
FROM counted AS x
GROUP BY x.site, x.what, x.name, x.value

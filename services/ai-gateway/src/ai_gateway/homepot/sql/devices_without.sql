-- How many devices in service in view are named by none of `rows`, and the first of them by site and name. `theirs`: the
-- column of `rows` that names a device, `own`: that of the device.
SELECT
    count(*)::int AS devices, count(*) FILTER (WHERE q.quiet)::int AS quiet,
    COALESCE(
        json_agg(
            json_build_object('device_id', q.device_id, 'name', q.name, 'condition', q.condition)
            ORDER BY q.place
        ) FILTER (WHERE q.quiet AND q.place <= %(limit)s),
        '[]'
    ) AS named
FROM (
    SELECT
        f.device_id, f.name, f.condition, l.device IS NULL AS quiet,
        row_number() OVER (PARTITION BY l.device IS NULL ORDER BY f.site_name, f.name, f.id) AS place
    FROM {fleet} AS f
    LEFT JOIN (SELECT DISTINCT r.{theirs} AS device FROM {rows} AS r) AS l ON l.device = f.{own}
    WHERE f.in_service
) AS q

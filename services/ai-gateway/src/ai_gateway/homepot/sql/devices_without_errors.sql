-- How many devices in service in view logged no error in a period, and the first of them by site and name.
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
        f.device_id, f.name, f.condition, l.logged_by IS NULL AS quiet,
        row_number() OVER (PARTITION BY l.logged_by IS NULL ORDER BY f.site_name, f.name, f.id) AS place
    FROM {fleet} AS f
    LEFT JOIN (SELECT DISTINCT e.logged_by FROM {errors_logged} AS e) AS l ON l.logged_by = f.device_id
    WHERE f.in_service
) AS q

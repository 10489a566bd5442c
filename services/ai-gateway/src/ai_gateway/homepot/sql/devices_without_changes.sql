-- How many devices in service in view had no configuration change in a period, and the first of them by site and name.
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
        f.device_id, f.name, f.condition, h.entity_id IS NULL AS quiet,
        row_number() OVER (PARTITION BY h.entity_id IS NULL ORDER BY f.site_name, f.name, f.id) AS place
    FROM {fleet} AS f
    LEFT JOIN (
        SELECT DISTINCT h.entity_id
        FROM {configuration_history} AS h
        WHERE
            h.entity_type = 'device'
            AND h."timestamp" >= %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
    ) AS h ON h.entity_id = f.device_id
    WHERE f.in_service
) AS q

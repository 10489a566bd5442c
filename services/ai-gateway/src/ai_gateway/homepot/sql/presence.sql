-- In how many stretches of the period each device in view sent a reading, the fewest first: one index probe a stretch.
SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, s.stretches, s.reported,
    (
        SELECT max(r."timestamp")::timestamptz FROM {device_metrics} AS r
        WHERE r.device_id = f.id AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz
    ) AS latest_at
FROM {fleet} AS f
CROSS JOIN LATERAL (
    SELECT
        count(*)::int AS stretches,
        count(*) FILTER (
            WHERE EXISTS (
                SELECT FROM {device_metrics} AS r
                WHERE
                    r.device_id = f.id AND r."timestamp" > b.start
                    AND r."timestamp" <= LEAST(b.start + %(width)s::interval, %(until)s::timestamptz)
            )
        )::int AS reported
    FROM generate_series(
        %(since)s::timestamptz, %(until)s::timestamptz - interval '1 second', %(width)s::interval
    ) AS b (start)
) AS s
WHERE f.in_service OR %(devices)s::int[] IS NOT NULL
ORDER BY s.reported, f.name, f.id

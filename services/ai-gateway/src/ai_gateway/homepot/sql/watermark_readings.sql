-- How far telemetry has come; that of named devices by their own rows, but for those
-- that a wrong clock dated ahead: the newest would stay the newest.
CASE WHEN %(devices)s::int[] IS NULL THEN (SELECT max(r.id)::text FROM {device_metrics} AS r) ELSE (
    SELECT concat(max(r."timestamp"), ':', sum(r.lately))
    FROM {devices} AS d
    CROSS JOIN LATERAL (
        SELECT
            max(m."timestamp") AS "timestamp",
            count(*) FILTER (WHERE m."timestamp" > %(now)s::timestamptz - interval '1 hour') AS lately
        FROM (
            SELECT x."timestamp" FROM {device_metrics} AS x
            WHERE x.device_id = d.id AND x."timestamp" <= %(now)s::timestamptz
            ORDER BY x."timestamp" DESC LIMIT 500
        ) AS m
    ) AS r
    WHERE {scope}
) END

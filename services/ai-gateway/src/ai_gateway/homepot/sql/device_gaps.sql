-- When the device in view was heard in a period: how many readings, the first, the last, the last before the period, the
-- usual seconds between two (the median), and the longest gaps of more than `least` seconds. Only the index on (device_id, timestamp) is read.
SELECT
    g.readings, g.first_at, g.last_at, g.before_at, g.usual_s, g.longest
FROM {fleet} AS f
CROSS JOIN LATERAL (
    WITH heard AS MATERIALIZED (
        SELECT r."timestamp" AS at, r."timestamp" - lag(r."timestamp") OVER (ORDER BY r."timestamp") AS gap
        FROM {device_metrics} AS r
        WHERE r.device_id = f.id AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz
    )
    SELECT
        count(*)::int AS readings,
        min(h.at) AS first_at,
        max(h.at) AS last_at,
        (
            SELECT max(r."timestamp") FROM {device_metrics} AS r
            WHERE r.device_id = f.id AND r."timestamp" <= %(since)s::timestamptz
        ) AS before_at,
        EXTRACT(
            EPOCH FROM percentile_disc(0.5) WITHIN GROUP (ORDER BY h.gap) FILTER (WHERE h.gap > interval '0')
        )::double precision AS usual_s,
        (
            SELECT
                COALESCE(
                    json_agg(json_build_object('ended_at', l.at::timestamptz, 'seconds', EXTRACT(EPOCH FROM l.gap))),
                    '[]'
                )
            FROM (
                SELECT s.at, s.gap
                FROM heard AS s
                WHERE s.gap > %(least)s * interval '1 second'
                ORDER BY s.gap DESC
                LIMIT %(limit)s
            ) AS l
        ) AS longest
    FROM heard AS h
) AS g

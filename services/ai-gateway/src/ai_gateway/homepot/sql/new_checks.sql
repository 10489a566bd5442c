-- As new_readings. The key of health_checks begins with the id, which is all that can find rows in it; under TimescaleDB
-- a bound in time keeps the read away from compressed parts.
SELECT
    array_agg(r.id) AS ids, array_agg(r.device_id) AS devices,
    array_agg(extract(epoch FROM r."timestamp")::double precision) AS at, array_agg(r.is_healthy) AS healthy,
    array_agg(r.status_code) AS codes
FROM (
    (
        SELECT g.*
        FROM {health_checks} AS g
        WHERE g.id = ANY(%(again)s) AND g."timestamp" >= to_timestamp(%(since)s)
    )
    UNION ALL
    (
        SELECT f.*
        FROM {health_checks} AS f
        WHERE f.id > %(after)s AND f.id <= %(until)s AND f.id <> ALL(%(later)s)
            AND f."timestamp" >= to_timestamp(%(since)s)
        ORDER BY f.id
        LIMIT %(limit)s
    )
) AS r
HAVING count(*) > 0

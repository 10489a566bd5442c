-- health_checks has no index on device or time, only its key (id, timestamp): look at the newest ids alone, once for the
-- devices of which any check failed and once more for all checks of those, who are few.
WITH oldest AS MATERIALIZED (
    SELECT max(x.id) - %(newest_ids)s AS id FROM {health_checks} AS x
),
failing AS MATERIALIZED (
    SELECT DISTINCT r.device_id
    FROM {health_checks} AS r
    WHERE
        r.id > (SELECT o.id FROM oldest AS o) AND NOT r.is_healthy
        AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
),
counted AS MATERIALIZED (
    SELECT
        h.device_id, count(*)::int AS checks, count(*) FILTER (WHERE NOT h.is_healthy)::int AS failed,
        max(h."timestamp") AS latest,
        (array_agg(h.is_healthy ORDER BY h."timestamp" DESC))[1:%(run)s] AS newest,
        (array_agg(h.error_message ORDER BY h."timestamp" DESC) FILTER (WHERE NOT h.is_healthy))[1] AS error_message,
        (array_agg(h.endpoint ORDER BY h."timestamp" DESC) FILTER (WHERE NOT h.is_healthy))[1] AS endpoint
    FROM failing AS u
    JOIN {health_checks} AS h ON h.device_id = u.device_id
    WHERE
        h.id > (SELECT o.id FROM oldest AS o)
        AND h."timestamp" > %(since)s::timestamptz AND h."timestamp" <= %(until)s::timestamptz
    GROUP BY h.device_id
)
SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, c.checks, c.failed, c.latest, c.newest, c.error_message,
    c.endpoint
FROM counted AS c
JOIN {fleet} AS f ON f.id = c.device_id
WHERE f.in_service
ORDER BY c.failed DESC, f.name
LIMIT %(limit)s

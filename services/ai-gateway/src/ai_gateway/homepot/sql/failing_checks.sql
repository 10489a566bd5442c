-- health_checks has no index on device or time, only its key (id, timestamp): look at the newest ids alone, and order
-- the checks of those devices alone that failed any.
WITH recent AS MATERIALIZED (
    SELECT r.device_id, r.is_healthy, r."timestamp", r.error_message, r.endpoint
    FROM {health_checks} AS r
    WHERE
        r.id > (SELECT max(x.id) FROM {health_checks} AS x) - %(newest_ids)s
        AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
),
counted AS MATERIALIZED (
    SELECT
        h.device_id, count(*)::int AS checks, count(*) FILTER (WHERE NOT h.is_healthy)::int AS failed,
        max(h."timestamp") AS latest,
        (array_agg(h.is_healthy ORDER BY h."timestamp" DESC))[1:%(run)s] AS newest,
        (array_agg(h.error_message ORDER BY h."timestamp" DESC) FILTER (WHERE NOT h.is_healthy))[1] AS error_message,
        (array_agg(h.endpoint ORDER BY h."timestamp" DESC) FILTER (WHERE NOT h.is_healthy))[1] AS endpoint
    FROM recent AS h
    WHERE h.device_id IN (SELECT u.device_id FROM recent AS u WHERE NOT u.is_healthy)
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

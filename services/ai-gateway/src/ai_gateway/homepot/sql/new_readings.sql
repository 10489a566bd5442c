-- Rows in the order of their ids, as columns: a hundred thousand rows as rows cost ten times as much to take over.
-- `again`: ids that were missing among earlier ones. `later`: ids that wait for a page to come.
SELECT
    array_agg(r.id) AS ids, array_agg(r.device_id) AS devices, array_agg(r.at) AS at,
    array_agg(r.cpu_percent) AS cpu_percent, array_agg(r.memory_percent) AS memory_percent,
    array_agg(r.disk_percent) AS disk_percent, array_agg(r.network_latency_ms) AS network_latency_ms,
    array_agg(r.error_rate) AS error_rate, array_agg(r.transaction_count) AS transaction_count,
    array_agg(r.transaction_volume) AS transaction_volume, array_agg(r.active_connections) AS active_connections,
    array_agg(r.queue_depth) AS queue_depth, array_agg(r.extra) AS extra
FROM (
    SELECT
        n.*, extract(epoch FROM n."timestamp")::double precision AS at,
        CASE WHEN json_typeof(n.extra_metrics) = 'object' THEN n.extra_metrics::text END AS extra
    FROM (
        (SELECT g.* FROM {device_metrics} AS g WHERE g.id = ANY(%(again)s))
        UNION ALL
        (
            SELECT f.*
            FROM {device_metrics} AS f
            WHERE f.id > %(after)s AND f.id <= %(until)s AND f.id <> ALL(%(later)s)
            ORDER BY f.id
            LIMIT %(limit)s
        )
    ) AS n
) AS r
HAVING count(*) > 0

-- Newest reading of each device, if it breaks a limit. Rows are filtered before the look for a newer one, so only
-- suspects cost an index probe. `error_rate_max` tells whether the device writes a ratio or a percentage; it is looked
-- up only where that matters.
WITH suspect AS MATERIALIZED (
    SELECT m.*
    FROM (
        SELECT
            r.*,
            {temperature} AS temperature_celsius
        FROM {device_metrics} AS r
        WHERE r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(now)s::timestamptz AND {in_view}
    ) AS m
    WHERE
        m.cpu_percent >= %(cpu_percent)s OR m.memory_percent >= %(memory_percent)s
        OR m.disk_percent >= %(disk_percent)s OR m.network_latency_ms >= %(network_latency_ms)s
        OR m.error_rate >= %(error_ratio)s OR m.temperature_celsius >= %(temperature_celsius)s
),
newest AS MATERIALIZED (
    SELECT DISTINCT ON (m.device_id) m.*
    FROM suspect AS m
    ORDER BY m.device_id, m."timestamp" DESC
)
SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, m."timestamp" AS at,
    m.cpu_percent, m.memory_percent, m.disk_percent, m.network_latency_ms, m.error_rate, m.temperature_celsius,
    CASE
        WHEN m.error_rate > 1 THEN m.error_rate
        WHEN m.error_rate >= %(error_ratio)s THEN (
            SELECT max(x.error_rate) FROM {device_metrics} AS x
            WHERE x.device_id = m.device_id AND x."timestamp" > %(now)s::timestamptz - interval '1 day'
        )
    END AS error_rate_max
FROM newest AS m
JOIN {fleet} AS f ON f.id = m.device_id
WHERE
    f.in_service
    AND NOT EXISTS (
        SELECT FROM {device_metrics} AS n
        WHERE n.device_id = m.device_id AND n."timestamp" > m."timestamp" AND n."timestamp" <= %(now)s::timestamptz
    )
ORDER BY f.name, f.id
LIMIT %(limit)s

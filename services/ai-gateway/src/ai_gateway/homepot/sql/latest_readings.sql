-- The newest reading of each chosen device; one index probe a device.
SELECT
    f.id, f.device_id, f.name, f.site_name, f.condition, m."timestamp" AS at, m.cpu_percent, m.memory_percent,
    m.disk_percent, m.network_latency_ms, m.error_rate, m.error_rate_max,
    m.temperature_celsius
FROM {fleet} AS f
CROSS JOIN LATERAL (
    SELECT
        r.*, {temperature} AS temperature_celsius,
        (
            SELECT max(x.error_rate) FROM {device_metrics} AS x
            WHERE x.device_id = f.id AND x."timestamp" > %(now)s::timestamptz - interval '1 day'
        ) AS error_rate_max
    FROM {device_metrics} AS r
    WHERE r.device_id = f.id AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(now)s::timestamptz
    ORDER BY r."timestamp" DESC
    LIMIT 1
) AS m
ORDER BY f.name, f.id
LIMIT %(limit)s

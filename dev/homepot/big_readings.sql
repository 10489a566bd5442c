-- Readings of every device that dev/homepot/big.sql makes: the `samples` newest of each, up to `newest`. Run with the same
-- temporary table `big`.

INSERT INTO device_metrics (
    "timestamp", device_id, cpu_percent, memory_percent, disk_percent, network_latency_ms, transaction_count,
    transaction_volume, error_rate, active_connections, queue_depth, extra_metrics, provenance
)
SELECT
    at,
    d,
    CASE WHEN late AND d % 200 = 0 THEN 94 + 4 * noise ELSE 15 + d % 13 + 6 * rhythm + 8 * noise END,
    CASE WHEN late AND d % 200 = 50 THEN 90 + 6 * noise ELSE 35 + d % 17 + 2 * rhythm + 4 * noise END,
    CASE WHEN late AND d % 200 = 100 THEN 93 + 3 * noise ELSE 30 + d % 29 + noise END,
    CASE WHEN late AND d % 200 = 150 THEN 700 + 200 * noise ELSE 18 + d % 11 + 9 * noise END,
    CASE WHEN d % 4 = 0 THEN (20 + 12 * rhythm + 6 * noise)::int END,
    CASE WHEN d % 4 = 0 THEN 230 + 140 * rhythm + 70 * noise END,
    CASE WHEN d % 4 <> 2 THEN 0.002 + 0.006 * noise END,
    CASE WHEN d % 4 <> 2 THEN (6 + 10 * noise)::int END,
    CASE WHEN d % 4 = 0 THEN (2 * noise)::int END,
    CASE WHEN d % 4 = 2 THEN ('{"temperature_celsius": ' || round((20 + 3 * noise)::numeric, 1) || '}')::json END,
    'real'
FROM big,
    generate_series(samples - 1, 0, -1) AS back,
    LATERAL (SELECT newest - back * step AS moment, back * step < interval '1 hour' AS late) AS t,
    LATERAL (SELECT cos(extract(epoch FROM moment) / 43200 * pi()) AS rhythm) AS r,
    generate_series(1, devices) AS d,
    LATERAL (SELECT random() AS noise, moment - d % 60 * interval '1 s' AS at) AS x
WHERE d % 100 <> 99 OR back * step >= interval '4 hours';

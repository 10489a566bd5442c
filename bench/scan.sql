-- One minute of readings of every device but one in a hundred, six metrics each, at the time of `at` (naive UTC).
-- One device in a thousand is far out in one of them.
INSERT INTO device_metrics (
    "timestamp", device_id, cpu_percent, memory_percent, disk_percent, network_latency_ms, error_rate,
    active_connections, provenance
)
SELECT
    %(at)s::timestamp - d %% 60 * interval '1 s', d, CASE WHEN d %% 1000 = 0 THEN 98 ELSE 20 + d %% 13 + 8 * x.noise END,
    35 + d %% 17 + 4 * x.noise, 30 + d %% 29 + x.noise, 18 + d %% 11 + 9 * x.noise, 0.002 + 0.006 * x.noise,
    (6 + 10 * x.noise)::int, 'real'
FROM generate_series(1, %(devices)s) AS d, LATERAL (SELECT random() + 0 * d AS noise) AS x
WHERE d %% 100 <> 99

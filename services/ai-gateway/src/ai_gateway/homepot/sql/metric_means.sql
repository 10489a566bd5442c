-- The means of the three metrics that any device has, over the devices in view and a period, in one pass.
SELECT
    avg(r.cpu_percent) AS cpu_percent, avg(r.memory_percent) AS memory_percent,
    avg(r.network_latency_ms) AS network_latency_ms
FROM {device_metrics} AS r
JOIN {fleet} AS f ON f.id = r.device_id
WHERE
    r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
    AND (f.in_service OR %(devices)s::int[] IS NOT NULL)

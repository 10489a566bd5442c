-- All devices of the last scan as columns, and since when something is known of each.
SELECT
    coalesce(array_agg(h.device ORDER BY h.device), '{}') AS devices,
    coalesce(array_agg(h.site ORDER BY h.device), '{}') AS sites,
    coalesce(array_agg(extract(epoch FROM least(d.first, a.first, %(now)s))::bigint ORDER BY h.device), '{}') AS since
FROM ai_device_health AS h
LEFT JOIN (SELECT device, min(day) AS first FROM ai_reading_days GROUP BY device) AS d ON d.device = h.device
LEFT JOIN (
    SELECT device, min(started_at) AS first FROM ai_anomaly_logs WHERE started_at >= %(since)s GROUP BY device
) AS a ON a.device = h.device

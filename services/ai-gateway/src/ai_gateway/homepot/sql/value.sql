-- The metric asked for, of the row `r`. Planned for its parameter: only the one branch stays.
CASE %(metric)s
    WHEN 'cpu_percent' THEN r.cpu_percent
    WHEN 'memory_percent' THEN r.memory_percent
    WHEN 'disk_percent' THEN r.disk_percent
    WHEN 'network_latency_ms' THEN r.network_latency_ms
    WHEN 'error_rate' THEN r.error_rate
    WHEN 'transaction_count' THEN r.transaction_count::double precision
    WHEN 'transaction_volume' THEN r.transaction_volume
    WHEN 'active_connections' THEN r.active_connections::double precision
    WHEN 'queue_depth' THEN r.queue_depth::double precision
    WHEN 'temperature_celsius' THEN {temperature}
END

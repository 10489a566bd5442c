-- One metric of the devices in view over a period: totals in one row, and in it the devices asked for, ranked by
-- `rank_by` ('latest', 'mean', 'max' or 'min'), of those that hold `compare` against `bound`. Aggregated before the
-- join with the fleet, so that its words are made for the devices that are shown alone. An error rate is told in
-- percent: a device that never exceeds 1 writes ratios.
WITH stats AS MATERIALIZED (
    SELECT
        v.device_id, count(*)::int AS samples, avg(v.value) AS mean, min(v.value) AS low, max(v.value) AS high,
        (array_agg(v.value ORDER BY v.at DESC))[1] AS latest, max(v.at) AS latest_at
    FROM (
        SELECT
            r.device_id, r."timestamp" AS at,
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
                WHEN 'temperature_celsius' THEN
                    CASE WHEN json_typeof(r.extra_metrics -> 'temperature_celsius') = 'number'
                        THEN (r.extra_metrics ->> 'temperature_celsius')::double precision END
            END AS value
        FROM {device_metrics} AS r
        WHERE r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz AND {in_view}
    ) AS v
    WHERE v.value IS NOT NULL
    GROUP BY v.device_id
),
measured AS MATERIALIZED (
    SELECT
        s.device_id, f.name, s.samples, s.mean * u.scale AS mean, s.low * u.scale AS low, s.high * u.scale AS high,
        s.latest * u.scale AS latest, s.latest_at,
        CASE %(rank_by)s WHEN 'mean' THEN s.mean WHEN 'max' THEN s.high WHEN 'min' THEN s.low ELSE s.latest END
            * u.scale AS rank
    FROM stats AS s
    JOIN {fleet} AS f ON f.id = s.device_id
    CROSS JOIN LATERAL (SELECT CASE WHEN %(metric)s = 'error_rate' AND s.high <= 1 THEN 100 ELSE 1 END AS scale) AS u
    WHERE f.in_service OR %(devices)s::int[] IS NOT NULL
),
matching AS (
    SELECT m.*
    FROM measured AS m
    WHERE
        CASE %(compare)s
            WHEN '>' THEN m.rank > %(bound)s::double precision
            WHEN '>=' THEN m.rank >= %(bound)s::double precision
            WHEN '<' THEN m.rank < %(bound)s::double precision
            WHEN '<=' THEN m.rank <= %(bound)s::double precision
            ELSE true
        END
),
picked AS (
    (
        SELECT m.*, 0 AS block
        FROM matching AS m
        ORDER BY CASE WHEN %(ascending)s THEN m.rank ELSE -m.rank END, m.name, m.device_id
        LIMIT %(limit)s
    )
    UNION ALL
    (SELECT m.*, 1 AS block FROM measured AS m WHERE %(with_lowest)s ORDER BY m.low, m.name, m.device_id LIMIT 1)
)
SELECT
    (SELECT count(*)::int FROM measured) AS devices,
    (SELECT COALESCE(sum(m.samples), 0)::int FROM measured AS m) AS samples,
    (SELECT sum(m.mean * m.samples) / sum(m.samples) FROM measured AS m) AS mean,
    (SELECT count(*)::int FROM matching) AS matching,
    (
        SELECT
            COALESCE(
                json_agg(
                    json_build_object(
                        'id', f.id, 'device_id', f.device_id, 'name', f.name, 'site_id', f.site_id,
                        'site_name', f.site_name, 'condition', f.condition, 'samples', p.samples, 'mean', p.mean,
                        'low', p.low, 'high', p.high, 'latest', p.latest, 'latest_at', p.latest_at::timestamptz
                    )
                    ORDER BY p.block, CASE WHEN %(ascending)s THEN p.rank ELSE -p.rank END, p.name, p.device_id
                ),
                '[]'
            )
        FROM picked AS p
        JOIN {fleet} AS f ON f.id = p.device_id
    ) AS ranked

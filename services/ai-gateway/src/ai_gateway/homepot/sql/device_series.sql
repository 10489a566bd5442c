-- Readings of the device in view over a period, in stretches of `width` seconds: of each metric, in the order of
-- `series.SERIES`, how many, their sum, the lowest and the highest. With `checked`, a value outside the metric's valid range
-- counts as not measured; that costs a sixth more, and nearly no device ever sends one. OFFSET 0 has each value looked at
-- once, not once an aggregate.
SELECT b.at, b.readings, b.samples, b.total, b.low, b.high
FROM {fleet} AS f
CROSS JOIN LATERAL (
    SELECT
        v.at, count(*)::int AS readings,
        ARRAY[
            count(v.cpu), count(v.memory), count(v.disk), count(v.latency), count(v.errors), count(v.temperature),
            count(v.transactions), count(v.volume), count(v.connections), count(v.queue)
        ]::int[] AS samples,
        ARRAY[
            sum(v.cpu), sum(v.memory), sum(v.disk), sum(v.latency), sum(v.errors), sum(v.temperature),
            sum(v.transactions), sum(v.volume), sum(v.connections), sum(v.queue)
        ] AS total,
        ARRAY[
            min(v.cpu), min(v.memory), min(v.disk), min(v.latency), min(v.errors), min(v.temperature),
            min(v.transactions), min(v.volume), min(v.connections), min(v.queue)
        ] AS low,
        ARRAY[
            max(v.cpu), max(v.memory), max(v.disk), max(v.latency), max(v.errors), max(v.temperature),
            max(v.transactions), max(v.volume), max(v.connections), max(v.queue)
        ] AS high
    FROM (
        SELECT
            LEAST(
                date_bin(%(width)s * interval '1 second', r."timestamp", %(since)s::timestamptz::timestamp),
                %(until)s::timestamptz::timestamp - %(width)s * interval '1 second'
            ) AS at,
            CASE WHEN %(checked)s AND r.cpu_percent NOT BETWEEN 0 AND 100 THEN NULL ELSE r.cpu_percent END AS cpu,
            CASE WHEN %(checked)s AND r.memory_percent NOT BETWEEN 0 AND 100 THEN NULL ELSE r.memory_percent END AS memory,
            CASE WHEN %(checked)s AND r.disk_percent NOT BETWEEN 0 AND 100 THEN NULL ELSE r.disk_percent END AS disk,
            CASE WHEN %(checked)s AND r.network_latency_ms NOT BETWEEN 0 AND 1e12 THEN NULL ELSE r.network_latency_ms END
                AS latency,
            CASE WHEN %(checked)s AND r.error_rate NOT BETWEEN 0 AND 100 THEN NULL ELSE r.error_rate END AS errors,
            CASE
                WHEN %(checked)s AND {temperature} NOT BETWEEN -60 AND 200 THEN NULL
                ELSE {temperature}
            END AS temperature,
            CASE WHEN %(checked)s AND r.transaction_count < 0 THEN NULL ELSE r.transaction_count::double precision END
                AS transactions,
            CASE WHEN %(checked)s AND r.transaction_volume NOT BETWEEN 0 AND 1e12 THEN NULL ELSE r.transaction_volume END
                AS volume,
            CASE WHEN %(checked)s AND r.active_connections < 0 THEN NULL ELSE r.active_connections::double precision END
                AS connections,
            CASE WHEN %(checked)s AND r.queue_depth < 0 THEN NULL ELSE r.queue_depth::double precision END AS queue
        FROM {device_metrics} AS r
        WHERE r.device_id = f.id AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz
        OFFSET 0
    ) AS v
    GROUP BY v.at
) AS b
ORDER BY b.at

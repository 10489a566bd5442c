-- How far the rows on the devices in view can be relied on: how many devices are in service and how many were heard of
-- late, and a close look at `most` of them, all that the view names or else an unchanging sample: their readings since
-- `readings_since`, what they may do, their credentials and the changes of their configuration since `changes_since`.
WITH chosen AS MATERIALIZED (
    SELECT
        f.id, f.device_id, f.condition, f.connectivity, f.health_state, f.lifecycle_state, f.last_heartbeat_at,
        count(*) OVER ()::int AS devices,
        (
            count(*) FILTER (
                WHERE f.last_heartbeat_at >= %(now)s::timestamptz - %(fresh_s)s * interval '1 second'
            ) OVER ()
        )::int AS fresh
    FROM {fleet} AS f
    WHERE f.in_service OR %(devices)s::int[] IS NOT NULL
    ORDER BY hashint4(f.id), f.id
    LIMIT %(most)s
)
SELECT
    c.id, c.device_id, c.condition, c.connectivity, c.health_state, c.lifecycle_state, c.last_heartbeat_at, c.devices,
    c.fresh, r.readings, r.newest_at, r.expected, r.filled, r.impossible, r.longest_gap_s, a.capabilities, a.permissions,
    k.credentials, k.active_credentials, h.changed_at, h.rollbacks, h.failures
FROM chosen AS c
CROSS JOIN LATERAL (
    SELECT
        count(*)::int AS readings, max(m.at) AS newest_at,
        -- a metric that the device never sends is not missing
        (count(*) * (
            (count(m.cpu_percent) > 0)::int + (count(m.memory_percent) > 0)::int + (count(m.disk_percent) > 0)::int
            + (count(m.network_latency_ms) > 0)::int
        ))::int AS expected,
        (
            count(m.cpu_percent) + count(m.memory_percent) + count(m.disk_percent) + count(m.network_latency_ms)
        )::int AS filled,
        count(*) FILTER (
            WHERE
                m.cpu_percent NOT BETWEEN 0 AND 100 OR m.memory_percent NOT BETWEEN 0 AND 100
                OR m.disk_percent NOT BETWEEN 0 AND 100 OR m.network_latency_ms < 0
        )::int AS impossible,
        COALESCE(EXTRACT(EPOCH FROM max(m.gap)), 0)::double precision AS longest_gap_s
    FROM (
        SELECT
            r.cpu_percent, r.memory_percent, r.disk_percent, r.network_latency_ms, r."timestamp" AS at,
            r."timestamp" - lag(r."timestamp") OVER (ORDER BY r."timestamp") AS gap
        FROM {device_metrics} AS r
        WHERE
            r.device_id = c.id AND r."timestamp" > %(readings_since)s::timestamptz
            AND r."timestamp" <= %(now)s::timestamptz
    ) AS m
) AS r
JOIN LATERAL (
    SELECT d.capabilities::text AS capabilities, d.device_permissions::text AS permissions
    FROM {devices} AS d
    WHERE d.id = c.id AND {scope}
) AS a ON true
CROSS JOIN LATERAL (
    SELECT
        count(*)::int AS credentials,
        count(*) FILTER (WHERE p.is_active AND p.revoked_at IS NULL)::int AS active_credentials
    FROM {device_credentials} AS p
    WHERE p.device_id = c.id
) AS k
CROSS JOIN LATERAL (
    SELECT
        max(GREATEST(g."timestamp", g.rolled_back_at)) AS changed_at,
        count(*) FILTER (WHERE g.was_rolled_back)::int AS rollbacks,
        count(*) FILTER (WHERE g.was_successful IS FALSE)::int AS failures
    FROM {configuration_history} AS g
    WHERE
        g.entity_type = 'device' AND g.entity_id = c.device_id
        AND GREATEST(g."timestamp", g.rolled_back_at) >= %(changes_since)s::timestamptz
        AND GREATEST(g."timestamp", g.rolled_back_at) <= %(now)s::timestamptz
) AS h
ORDER BY c.id

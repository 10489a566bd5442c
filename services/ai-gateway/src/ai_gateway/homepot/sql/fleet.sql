-- Every query that touches a device joins this: the devices in view, each with one condition made of HOMEPOT's three
-- vocabularies. `devices.status` is not used: it stays `online` after heartbeats stop.
-- `in_service` is a CASE because Postgres takes a bare `lower(…) IN (…)` for one row in a hundred, expects hardly any
-- device, and then visits all of them once a site.
(
    SELECT
        v.*,
        {labels} AS labels
    FROM (
        SELECT
            d.id, d.device_id, d.name, d.device_type, d.site_id, s.name AS site_name, d.health_state, d.lifecycle_state,
            d.last_heartbeat_at, d.firmware_version, d.os_details, d.ip_address,
            CASE WHEN d.is_active AND d.lifecycle_state IN ('active', 'pending') AND s.in_service THEN true ELSE false END
                AS in_service,
            CASE
                WHEN d.last_heartbeat_at IS NULL THEN 'never_seen'
                WHEN d.last_heartbeat_at >= %(now)s::timestamptz - %(online_window)s * interval '1 second' THEN 'online'
                ELSE 'offline'
            END AS connectivity,
            CASE
                WHEN d.lifecycle_state NOT IN ('active', 'pending') THEN d.lifecycle_state
                WHEN NOT d.is_active OR NOT s.in_service THEN 'inactive'
                WHEN d.last_heartbeat_at IS NULL THEN 'never_seen'
                WHEN d.last_heartbeat_at < %(now)s::timestamptz - %(online_window)s * interval '1 second' THEN 'offline'
                WHEN d.health_state IN ('error', 'warning', 'maintenance') THEN d.health_state
                ELSE 'online'
            END AS condition
        FROM {devices} AS d
        JOIN (
            SELECT s.id, s.name, s.is_active AND s.lifecycle_state = 'active' AS in_service
            FROM {sites} AS s
            OFFSET 0  -- once a site, not once a device
        ) AS s ON s.id = d.site_id
        WHERE
            (%(sites)s::int[] IS NULL OR d.site_id = ANY(%(sites)s))
            AND (%(devices)s::int[] IS NULL OR d.id = ANY(%(devices)s))
            AND (%(types)s::text[] IS NULL OR d.device_type = ANY(%(types)s))
    ) AS v
)

-- The devices in view, the worst first. `conditions`, `firmware` and `platform` NULL mean all. Devices of which there is nothing to say
-- are left out before their words are made, OFFSET 0 has the others' words made once, not once a comparison; the
-- comparisons are those of labels.sql, without an array for each device.
SELECT
    v.id, v.device_id, v.name, v.device_type, v.site_id, v.site_name, v.condition, v.connectivity, v.health_state,
    v.lifecycle_state, v.in_service, v.last_heartbeat_at, v.firmware_version, v.os_details, v.ip_address
FROM (
    SELECT v.*, {words}
    FROM {members} AS v
    WHERE
        (%(firmware)s::text IS NULL OR v.firmware_version = %(firmware)s)
        AND (
            %(silent_since)s::timestamptz IS NULL OR v.last_heartbeat_at IS NULL OR v.last_heartbeat_at < %(silent_since)s
        )
        AND (%(platform)s::text IS NULL OR (COALESCE(v.os_details, '') ~* %(platform)s) <> %(other)s)
        AND (
            %(conditions)s::text[] IS NULL OR %(conditions)s::text[] && ARRAY['online', 'healthy']
            OR {well} IS NOT TRUE
        )
    OFFSET 0
) AS v
WHERE
    (NOT %(in_service_only)s OR v.in_service)
    AND (
        %(conditions)s::text[] IS NULL
        OR v.condition = ANY(%(conditions)s)
        OR v.connectivity = ANY(%(conditions)s)
        OR (v.health_state IN ('error', 'warning', 'maintenance') AND v.health_state = ANY(%(conditions)s))
        OR ('healthy' = ANY(%(conditions)s) AND v.condition = 'online')
        OR ('pending' = ANY(%(conditions)s) AND v.lifecycle_state = 'pending')
    )
ORDER BY
    array_position(ARRAY['error', 'offline', 'warning', 'never_seen', 'maintenance'], v.condition) NULLS LAST,
    v.name, v.id
LIMIT %(limit)s

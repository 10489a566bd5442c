-- The devices in view, the worst first. `conditions` and `firmware` NULL mean all. OFFSET 0 has each device's words made
-- once, not once a comparison; the comparisons are those of labels.sql, without an array for each of 10,000 devices.
SELECT
    v.id, v.device_id, v.name, v.device_type, v.site_id, v.site_name, v.condition, v.connectivity, v.health_state,
    v.lifecycle_state, v.in_service, v.last_heartbeat_at, v.firmware_version, v.os_details, v.ip_address
FROM (
    SELECT
        f.id, f.device_id, f.name, f.device_type, f.site_id, f.site_name, f.condition, f.connectivity, f.health_state,
        f.lifecycle_state, f.in_service, f.last_heartbeat_at, f.firmware_version, f.os_details, f.ip_address
    FROM {fleet} AS f
    WHERE
        (%(firmware)s::text IS NULL OR f.firmware_version = %(firmware)s)
        AND (NOT %(in_service_only)s OR f.in_service)
    OFFSET 0
) AS v
WHERE
    %(conditions)s::text[] IS NULL
    OR v.condition = ANY(%(conditions)s)
    OR v.connectivity = ANY(%(conditions)s)
    OR (v.health_state IN ('error', 'warning', 'maintenance') AND v.health_state = ANY(%(conditions)s))
    OR ('healthy' = ANY(%(conditions)s) AND v.condition = 'online')
    OR ('pending' = ANY(%(conditions)s) AND v.lifecycle_state = 'pending')
ORDER BY
    array_position(ARRAY['error', 'offline', 'warning', 'never_seen', 'maintenance'], v.condition) NULLS LAST,
    v.name, v.id
LIMIT %(limit)s

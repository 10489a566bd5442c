-- Every query that tells of a device joins this: the devices in view, each with one condition.
(
    SELECT
        v.id, v.device_id, v.name, v.device_type, v.site_id, v.site_name, v.health_state, v.lifecycle_state,
        v.last_heartbeat_at, v.firmware_version, v.os_details, v.ip_address,
        {words}
    FROM {members} AS v
)

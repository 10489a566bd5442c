-- The devices in view, each with what its words are made of; `heard` is NULL before a first heartbeat.
(
    SELECT
        d.id, d.device_id, d.name, d.device_type, d.site_id, s.name AS site_name, d.health_state, d.lifecycle_state,
        d.is_active AND s.in_service AS enabled, d.last_heartbeat_at, d.firmware_version, d.os_details, d.ip_address,
        d.last_heartbeat_at >= %(heard_since)s::timestamptz AS heard
    FROM {devices} AS d
    JOIN (
        SELECT s.id, s.name, s.is_active AND s.lifecycle_state = 'active' AS in_service
        FROM {sites} AS s
        OFFSET 0  -- once a site, not once a device
    ) AS s ON s.id = d.site_id
    WHERE {scope}
)

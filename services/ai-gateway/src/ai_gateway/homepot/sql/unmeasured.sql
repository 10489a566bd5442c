-- Devices in service that sent no reading in the period; one index probe a device.
SELECT
    f.id, f.device_id, f.name, f.device_type, f.site_id, f.site_name, f.condition, f.connectivity, f.health_state,
    f.lifecycle_state, f.in_service, f.last_heartbeat_at, f.firmware_version, f.os_details, f.ip_address
FROM {fleet} AS f
WHERE
    f.in_service
    AND NOT EXISTS (
        SELECT FROM {device_metrics} AS r
        WHERE r.device_id = f.id AND r."timestamp" > %(since)s::timestamptz AND r."timestamp" <= %(until)s::timestamptz
    )
ORDER BY f.name, f.id
LIMIT %(limit)s

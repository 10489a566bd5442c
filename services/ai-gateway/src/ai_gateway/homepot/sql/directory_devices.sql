SELECT d.id, d.device_id, d.name, d.device_type, d.site_id
FROM {devices} AS d
ORDER BY d.id

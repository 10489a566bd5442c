-- Puts each tenant's mark into everything that its people, or its devices, wrote.
CREATE TEMP TABLE marked AS
SELECT s.id AS site, s.site_id, CASE t.slug WHEN 'brightwater' THEN 'Kestrelmark' ELSE 'Ospreymark' END AS mark
FROM sites AS s
JOIN tenants AS t ON t.id = s.tenant_id;

CREATE TEMP TABLE marked_devices AS
SELECT d.id, d.device_id, m.mark FROM devices AS d JOIN marked AS m ON m.site = d.site_id;

UPDATE sites AS s
SET name = s.name || ' ' || m.mark, location = s.location || ' ' || m.mark, description = m.mark
FROM marked AS m WHERE m.site = s.id;

UPDATE devices AS d
SET name = d.name || ' ' || m.mark, os_details = m.mark, firmware_version = left(d.firmware_version || '-' || m.mark, 50)
FROM marked_devices AS m WHERE m.id = d.id;

UPDATE alerts AS a
SET title = left(a.title || ' ' || m.mark, 255), description = m.mark,
    resolution_notes = a.resolution_notes || ' ' || m.mark, resolved_by = m.mark
FROM marked_devices AS m WHERE m.device_id = a.device_id;

UPDATE alerts AS a
SET title = left(a.title || ' ' || m.mark, 255), resolution_notes = a.resolution_notes || ' ' || m.mark
FROM marked AS m WHERE a.device_id IS NULL AND m.site = a.site_id;

UPDATE error_logs AS e
SET error_message = e.error_message || ' ' || m.mark, error_code = left(e.error_code || m.mark, 50)
FROM marked_devices AS m
WHERE m.device_id = COALESCE(e.context ->> 'original_device_id', e.context ->> 'device_id');

UPDATE jobs AS j
SET error_message = COALESCE(j.error_message, '') || ' ' || m.mark, description = m.mark,
    action = left(j.action || ' ' || m.mark, 100)
FROM marked AS m WHERE m.site = j.site_id;

UPDATE configuration_history AS c
SET change_reason = COALESCE(c.change_reason, '') || ' ' || m.mark, changed_by = m.mark,
    parameter_name = left(c.parameter_name || '.' || m.mark, 255), rollback_reason = c.rollback_reason || ' ' || m.mark
FROM marked_devices AS m WHERE c.entity_type = 'device' AND c.entity_id = m.device_id;

UPDATE configuration_history AS c
SET change_reason = COALESCE(c.change_reason, '') || ' ' || m.mark, changed_by = m.mark
FROM marked AS m WHERE c.entity_type = 'site' AND c.entity_id = m.site_id;

UPDATE push_notification_logs AS p
SET error_message = COALESCE(p.error_message, '') || ' ' || m.mark, error_code = m.mark
FROM marked_devices AS m WHERE m.device_id = p.device_id;

UPDATE device_state_history AS h
SET reason = left(COALESCE(h.reason, '') || ' ' || m.mark, 500)
FROM marked_devices AS m WHERE m.id = h.device_id;

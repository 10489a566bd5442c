-- Devices that are no longer in service.
DELETE FROM ai_device_health AS h
WHERE NOT EXISTS (SELECT FROM unnest(%(devices)s::int[]) AS d (device) WHERE d.device = h.device)

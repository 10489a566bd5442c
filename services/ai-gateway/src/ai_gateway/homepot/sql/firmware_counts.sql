SELECT f.device_type, f.firmware_version, count(*)::int AS devices
FROM {fleet} AS f
WHERE f.in_service
GROUP BY f.device_type, f.firmware_version
ORDER BY devices DESC, f.device_type, f.firmware_version

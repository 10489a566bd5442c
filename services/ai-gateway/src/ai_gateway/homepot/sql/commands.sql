SELECT c.id, c.command_type, c.status, c.created_at AS at, f.device_id, f.name AS device_name
FROM {device_commands} AS c
JOIN {fleet} AS f ON f.id = c.device_id
WHERE c.created_at >= %(since)s::timestamptz AND c.created_at <= %(until)s::timestamptz
ORDER BY c.created_at DESC, c.id DESC
LIMIT %(limit)s

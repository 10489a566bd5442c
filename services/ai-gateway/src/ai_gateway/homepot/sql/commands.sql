SELECT c.id, c.command_type, c.status, c.created_at AS at, f.device_id, f.name AS device_name, f.id AS device
FROM {device_commands} AS c
JOIN {fleet} AS f ON f.id = c.device_id
WHERE c.created_at >= %(since)s::timestamptz AND c.created_at <= %(until)s::timestamptz
    AND (%(action)s::text IS NULL OR c.command_type ILIKE '%%' || %(action)s || '%%')
ORDER BY c.created_at DESC, c.id DESC
LIMIT %(limit)s

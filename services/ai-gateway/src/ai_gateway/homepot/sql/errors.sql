-- Logged errors, the newest first. For a few devices, rows that do not hold any of their ids as text are left
-- out before their JSON is taken apart.
SELECT
    e.id, e."timestamp" AS at, e.category, e.severity, e.error_code, e.error_message,
    f.device_id, f.name AS device_name
FROM {error_logs} AS e
JOIN {fleet} AS f
    ON f.device_id = COALESCE(e.context ->> 'original_device_id', e.context ->> 'device_id')
WHERE
    e."timestamp" >= %(since)s::timestamptz AND e."timestamp" <= %(until)s::timestamptz
    AND e.severity IN ('critical', 'error', 'warning') AND (%(severities)s::text[] IS NULL OR e.severity = ANY(%(severities)s))
    AND (
        %(devices)s::int[] IS NULL
        OR e.context::text LIKE ANY(ARRAY(
            SELECT '%%' || d.device_id || '%%' FROM {devices} AS d WHERE d.id = ANY(%(devices)s)
        ))
    )
ORDER BY e."timestamp" DESC, e.id DESC
LIMIT %(limit)s

-- Logged errors, the newest first. For a few devices, rows that do not hold any of their ids as text are left
-- out before their JSON is taken apart.
SELECT
    e.id, e."timestamp" AS at, e.category, e.severity, e.error_code, e.error_message,
    d.device_id, d.name AS device_name
FROM {errors_logged} AS e
JOIN {devices} AS d ON d.device_id = e.logged_by
WHERE
    {scope}
    AND (%(categories)s::text[] IS NULL OR e.category = ANY(%(categories)s))
    AND (
        %(devices)s::int[] IS NULL
        OR e.context::text LIKE ANY(ARRAY(
            SELECT '%%' || n.device_id || '%%' FROM {devices} AS n WHERE n.id = ANY(%(devices)s)
        ))
    )
ORDER BY e."timestamp" DESC, e.id DESC
LIMIT %(limit)s

-- Resolved alerts from a moment on, in the order of their resolution, a page at a time. Thousands of whole logs are too many
-- for memory, which keeps the beginning alone.
SELECT
    a.id, a."timestamp" AS at, a.title, left(a.description, 20000) AS description, a.severity, a.category,
    COALESCE(a.resolved_at, a."timestamp") AS resolved_at, left(a.resolution_notes, 20000) AS resolution_notes,
    d.device_id, d.name AS device_name, d.device_type, s.id AS site, s.name AS site_name
FROM {alerts} AS a
LEFT JOIN {devices} AS d ON d.device_id = a.device_id
LEFT JOIN {sites} AS s ON s.id = COALESCE(d.site_id, a.site_id)
WHERE
    a.status = ANY(%(statuses)s)
    AND (COALESCE(a.resolved_at, a."timestamp"), a.id) > (%(after)s::timestamp, %(after_id)s)
ORDER BY COALESCE(a.resolved_at, a."timestamp"), a.id
LIMIT %(limit)s

-- Alerts behind an id, in its order: those that nobody has dealt with, and all recent ones. `served`: of a device, or of a
-- site, that is in service and not in maintenance. Notes may hold a whole log.
SELECT
    a.id, a."timestamp"::timestamptz AS at, a.title, a.severity, a.category, lower(COALESCE(a.status, 'active')) AS status, a.resolved_at,
    left(a.resolution_notes, 2000) AS notes, a.device_id IS NULL AS of_site, d.id AS device, s.id AS site,
    {served} AS served
FROM {alerts} AS a
LEFT JOIN {devices} AS d ON d.device_id = a.device_id
LEFT JOIN {sites} AS s ON s.id = COALESCE(d.site_id, a.site_id)
WHERE a.id > %(after)s AND (COALESCE(a.status, 'active') <> ALL(%(settled)s) OR a."timestamp" >= %(recent)s::timestamptz)
ORDER BY a.id
LIMIT %(limit)s

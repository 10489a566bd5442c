-- How alerts are now. One that is gone is left out. Notes may hold a whole log.
SELECT
    a.id, lower(COALESCE(a.status, 'active')) AS status, a.resolved_at, left(a.resolution_notes, 2000) AS notes,
    {served} AS served
FROM {alerts} AS a
LEFT JOIN {devices} AS d ON d.device_id = a.device_id
LEFT JOIN {sites} AS s ON s.id = COALESCE(d.site_id, a.site_id)
WHERE a.id = ANY(%(ids)s)

-- Configuration changes that were taken back, from a moment on, in the order of that, a page at a time.
SELECT
    c.id, c."timestamp" AS at, c.parameter_name, left(c.old_value::text, 20000) AS old_value,
    left(c.new_value::text, 20000) AS new_value, left(c.change_reason, 20000) AS change_reason,
    left(c.rollback_reason, 20000) AS rollback_reason, COALESCE(c.rolled_back_at, c."timestamp") AS resolved_at,
    d.device_id, d.name AS device_name, d.device_type, s.id AS site, s.name AS site_name
FROM {configuration_history} AS c
LEFT JOIN {devices} AS d ON c.entity_type = 'device' AND d.device_id = c.entity_id
LEFT JOIN {sites} AS s ON s.id = d.site_id OR (c.entity_type = 'site' AND s.site_id = c.entity_id)
WHERE
    c.was_rolled_back
    AND (COALESCE(c.rolled_back_at, c."timestamp"), c.id) > (%(after)s::timestamp, %(after_id)s)
ORDER BY COALESCE(c.rolled_back_at, c."timestamp"), c.id
LIMIT %(limit)s

-- Names and words are looked up for those alone that are shown.
SELECT
    a.id, a."timestamp" AS at, a.title, a.description, a.severity, a.category, lower(a.status) AS status,
    a.resolved_at, a.resolved_by, a.resolution_notes, f.device_id, f.name AS device_name, s.name AS site_name, f.condition
FROM (
    SELECT
        a.*,
        row_number() OVER (
            ORDER BY
                CASE WHEN %(order)s::text = 'newest' THEN a."timestamp" END DESC,
                CASE WHEN %(order)s::text = 'oldest' THEN a."timestamp" END,
                array_position(ARRAY['critical', 'high', 'error', 'warning', 'medium', 'low', 'info'], a.severity)
                NULLS LAST,
                a."timestamp" DESC, a.id DESC
        ) AS place
    FROM {alerts_in_view} AS a
    ORDER BY place
    LIMIT %(limit)s
) AS a
LEFT JOIN {fleet} AS f ON f.id = a.device
LEFT JOIN {sites} AS s ON s.id = a.site
ORDER BY a.place

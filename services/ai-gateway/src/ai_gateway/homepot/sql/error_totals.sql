-- Errors by site and type, and by device where the view names devices.
SELECT
    d.site_id, d.device_type, CASE WHEN %(devices)s::int[] IS NOT NULL THEN d.id END AS device, count(*)::int AS events
FROM {errors_logged} AS e
JOIN {devices} AS d ON d.device_id = e.logged_by
WHERE {scope}
GROUP BY 1, 2, 3
ORDER BY events DESC, 1, 2, 3

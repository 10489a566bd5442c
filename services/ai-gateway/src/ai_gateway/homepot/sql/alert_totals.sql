-- Alerts by site and type, and by device where the view names devices.
SELECT
    a.site AS site_id, a.device_type, CASE WHEN %(devices)s::int[] IS NOT NULL THEN a.device END AS device,
    count(*)::int AS events
FROM {alerts_in_view} AS a
GROUP BY 1, 2, 3
ORDER BY events DESC, 1, 2, 3

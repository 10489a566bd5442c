SELECT c.severity, c.category, s.name AS site_name, c.alerts
FROM (
    SELECT a.severity, a.category, a.site, count(*)::int AS alerts
    FROM {alerts_in_view} AS a
    GROUP BY a.severity, a.category, a.site
) AS c
LEFT JOIN {sites} AS s ON s.id = c.site
ORDER BY c.alerts DESC, c.severity, c.category, s.name

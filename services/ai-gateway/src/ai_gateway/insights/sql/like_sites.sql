-- The site, and those of the caller's sites that are most like it in size: at least half and at most twice as many devices.
WITH mine AS (SELECT h.devices FROM ai_site_health AS h WHERE h.site = %(site)s AND {in_scope h.site}),
liked AS (
    SELECT h.site, h.devices, h.score, h.open_anomalies
    FROM ai_site_health AS h
    CROSS JOIN mine AS m
    WHERE {in_scope h.site} AND h.devices > 0 AND h.devices BETWEEN m.devices / 2.0 AND m.devices * 2.0
    ORDER BY h.site = %(site)s DESC, abs(h.devices - m.devices), h.site
    LIMIT %(limit)s
)
SELECT
    l.site, l.devices, l.score, l.open_anomalies,
    (
        SELECT count(*)::int FROM ai_incidents AS i
        WHERE i.site = l.site AND i.opened_at >= %(since)s AND i.opened_at <= %(until)s
    ) AS incidents,
    (
        SELECT o.expected[%(place)s] FROM ai_site_outlooks AS o
        WHERE o.site = l.site AND o.as_of >= %(fresh)s
        ORDER BY o.day DESC
        LIMIT 1
    ) AS failures
FROM liked AS l
ORDER BY l.site = %(site)s DESC, l.site

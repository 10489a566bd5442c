-- The worst first; devices of which nothing is known come last. `latest`: by name, of the newest hour with readings.
SELECT
    d.device, d.site, s.as_of, d.score, d.status, d.parts,
    (
        SELECT coalesce(json_object_agg(m.name, v.value), '{}')
        FROM unnest(h.latest) WITH ORDINALITY AS v (value, position)
        JOIN ai_metrics AS m ON m.position = v.position
        WHERE v.value <> 'NaN'
    ) AS latest,
    h.latest_at
FROM (
    SELECT device, site, score, status, parts
    FROM ai_device_health
    WHERE {chosen}
    ORDER BY score, device
    LIMIT %(limit)s OFFSET %(offset)s
) AS d
JOIN ai_site_health AS s ON s.site = d.site
LEFT JOIN LATERAL (
    SELECT r.latest, r.latest_at FROM ai_reading_hours AS r WHERE r.device = d.device ORDER BY r.hour DESC LIMIT 1
) AS h ON true
ORDER BY d.score, d.device

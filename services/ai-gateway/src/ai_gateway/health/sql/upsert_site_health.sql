INSERT INTO ai_site_health (site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies)
SELECT n.site, %(now)s, n.score, n.devices, n.healthy, n.warning, n.critical, n.unknown, n.open_anomalies
FROM unnest(
    %(site)s::int[], %(score)s::real[], %(devices)s::int[], %(healthy)s::int[], %(warning)s::int[],
    %(critical)s::int[], %(unknown)s::int[], %(open_anomalies)s::int[]
) AS n (site, score, devices, healthy, warning, critical, unknown, open_anomalies)
ON CONFLICT (site) DO UPDATE SET
    as_of = EXCLUDED.as_of, score = EXCLUDED.score, devices = EXCLUDED.devices, healthy = EXCLUDED.healthy,
    warning = EXCLUDED.warning, critical = EXCLUDED.critical, unknown = EXCLUDED.unknown,
    open_anomalies = EXCLUDED.open_anomalies

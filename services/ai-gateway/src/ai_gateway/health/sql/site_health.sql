SELECT site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies
FROM ai_site_health
WHERE %(sites)s::int[] IS NULL OR site = ANY(%(sites)s)
ORDER BY score, site

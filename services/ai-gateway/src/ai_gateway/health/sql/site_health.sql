SELECT site, as_of, score, devices, healthy, warning, critical, unknown, open_anomalies
FROM ai_site_health
WHERE {in_scope site}
ORDER BY score, site

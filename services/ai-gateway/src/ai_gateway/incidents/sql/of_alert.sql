-- The incident that one of HOMEPOT's alerts belongs to, of the sites asked for alone.
SELECT m.incident
FROM ai_incident_alerts AS m
WHERE m.alert = %(alert)s AND m.incident IS NOT NULL AND {in_scope m.site}

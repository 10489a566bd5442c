-- Alerts that were not over when they were last seen.
SELECT a.alert FROM ai_incident_alerts AS a WHERE a.ended_at IS NULL AND a.alert > %(after)s ORDER BY a.alert LIMIT %(limit)s

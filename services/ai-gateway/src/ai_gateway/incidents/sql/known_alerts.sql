SELECT a.alert FROM ai_incident_alerts AS a WHERE a.alert = ANY(%(alerts)s)

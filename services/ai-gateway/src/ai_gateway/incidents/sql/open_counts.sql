SELECT i.severity, count(*)::int AS incidents FROM ai_incidents AS i WHERE i.status <> 'resolved' GROUP BY i.severity

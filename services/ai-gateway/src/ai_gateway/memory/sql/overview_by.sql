SELECT category, source, count(*)::bigint AS incidents
FROM ai_incident_patterns
WHERE {in_scope site}
GROUP BY category, source

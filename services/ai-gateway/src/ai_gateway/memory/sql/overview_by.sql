SELECT category, source, count(*)::bigint AS incidents
FROM ai_incident_patterns
WHERE %(sites)s::int[] IS NULL OR site = ANY(%(sites)s)
GROUP BY category, source

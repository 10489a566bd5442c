SELECT
    count(*)::bigint AS incidents, pg_total_relation_size('ai_incident_patterns')::bigint AS bytes,
    max(created_at) AS newest
FROM ai_incident_patterns

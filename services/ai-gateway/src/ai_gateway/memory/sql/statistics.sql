-- Few are counted; of many the planner's statistics know about how many there are.
SELECT
    CASE
        WHEN about.many >= %(most)s THEN about.many
        ELSE (SELECT count(*) FROM ai_incident_patterns)
    END AS incidents,
    pg_total_relation_size('ai_incident_patterns')::bigint AS bytes,
    (SELECT created_at FROM ai_incident_patterns ORDER BY id DESC LIMIT 1) AS newest
FROM (SELECT reltuples::bigint AS many FROM pg_class WHERE oid = 'ai_incident_patterns'::regclass) AS about

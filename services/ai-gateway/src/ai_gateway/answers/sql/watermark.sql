-- Changes when anything that the worker or somebody wrote does, which answers rest on. Numbers that tell of nothing.
SELECT concat_ws(
    '/',
    (SELECT max(w.updated_at) FROM ai_watermarks AS w),
    (SELECT max(o.as_of) FROM ai_site_outlooks AS o),
    (SELECT max(i.revision) FROM ai_incidents AS i),
    (SELECT max(p.updated_at) FROM ai_incident_patterns AS p),
    (SELECT max(p.id) FROM ai_incident_patterns AS p),
    (SELECT count(*) FROM ai_memory_forgotten)
) AS digest

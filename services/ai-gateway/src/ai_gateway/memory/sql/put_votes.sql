-- Of somebody's two votes the later one counts.
INSERT INTO ai_memory_feedback AS old (incident, owner, useful, at)
SELECT one.id, told.owner, told.useful, told.at
FROM unnest(%(sources)s::text[], %(keys)s::text[], %(owners)s::text[], %(useful)s::boolean[], %(times)s::timestamptz[])
    AS told (source, source_key, owner, useful, at)
JOIN ai_incident_patterns AS one ON one.source = told.source AND one.source_key = told.source_key
ON CONFLICT (incident, owner) DO UPDATE SET useful = EXCLUDED.useful, at = EXCLUDED.at
WHERE old.at < EXCLUDED.at

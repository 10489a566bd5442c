UPDATE ai_incident_patterns AS one
SET crowd = measured.crowd, crowd_of = %(total)s
FROM unnest(%(ids)s::bigint[], %(crowds)s::real[]) AS measured (id, crowd)
WHERE one.id = measured.id

SELECT id, embedding
FROM ai_incident_patterns
WHERE id = ANY(%(ids)s::bigint[]) AND embedding_model = %(model)s AND {in_scope site}

-- Vectors of texts that were embedded before, whichever incident they came from: one is looked up of each, however many have it.
SELECT asked.description, stored.embedding
FROM unnest(%(texts)s::text[]) AS asked (description)
CROSS JOIN LATERAL (
    SELECT embedding
    FROM ai_incident_patterns
    WHERE ai_incident_patterns.description = asked.description AND embedding_model = %(model)s
    LIMIT 1
) AS stored

-- Incidents that another recipe or model composed, a page at a time.
WITH page AS (
    (
        SELECT id FROM ai_incident_patterns
        WHERE (recipe, embedding_model) < (%(recipe)s, %(model)s)
        ORDER BY recipe, embedding_model, id
        LIMIT %(limit)s
    )
    UNION ALL
    (
        SELECT id FROM ai_incident_patterns
        WHERE (recipe, embedding_model) > (%(recipe)s, %(model)s)
        ORDER BY recipe, embedding_model, id
        LIMIT %(limit)s
    )
    LIMIT %(limit)s
)

SELECT
    id, source, source_key, content_hash, title, description, severity, category, site, site_name, device_id,
    device_name, device_type, occurred_at, resolved_at, cause, resolution, helped,
    updated_at
FROM ai_incident_patterns
WHERE id IN (SELECT id FROM page)
ORDER BY id

-- Incidents that another recipe or model composed, a page at a time.
SELECT
    id, source, source_key, content_hash, title, description, severity, category, site, site_name, device_id,
    device_name, device_type, occurred_at, resolved_at, cause, resolution, helped,
    updated_at
FROM ai_incident_patterns
WHERE recipe <> %(recipe)s OR embedding_model <> %(model)s
ORDER BY id
LIMIT %(limit)s

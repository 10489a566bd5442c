INSERT INTO ai_incident_patterns (
    source, source_key, content_hash, description, severity, category, site, site_name, device_id, device_name,
    device_type, occurred_at, resolved_at, resolution, embedding_model, embedding
)
VALUES (
    %(source)s, %(source_key)s, %(content_hash)s, %(description)s, %(severity)s, %(category)s, %(site)s,
    %(site_name)s, %(device_id)s, %(device_name)s, %(device_type)s, %(occurred_at)s, %(resolved_at)s,
    %(resolution)s, %(embedding_model)s, %(embedding)s
)
ON CONFLICT (source, source_key) DO UPDATE SET
    content_hash = EXCLUDED.content_hash, description = EXCLUDED.description, severity = EXCLUDED.severity,
    category = EXCLUDED.category, site = EXCLUDED.site, site_name = EXCLUDED.site_name,
    device_id = EXCLUDED.device_id, device_name = EXCLUDED.device_name, device_type = EXCLUDED.device_type,
    occurred_at = EXCLUDED.occurred_at, resolved_at = EXCLUDED.resolved_at, resolution = EXCLUDED.resolution,
    embedding_model = EXCLUDED.embedding_model, embedding = EXCLUDED.embedding, updated_at = now()
